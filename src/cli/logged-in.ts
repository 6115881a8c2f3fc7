import { join } from 'node:path'
import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import { approvalApi } from '../client/approval/client.ts'
import type { ApprovalApi } from '../client/approval/types.ts'
import { type IdentityDeps, openIdentity } from '../client/identity/identity.ts'
import { logout, type LogoutResult } from '../client/identity/logout.ts'
import { loginStore } from '../client/identity/store.ts'
import type { Identity, WithLock } from '../client/identity/types.ts'
import { type LoginOrder, type LoginResult, logIn, refuseOtherEndpoint } from '../client/login.ts'
import { mayBeWorkload } from '../client/workload/marks.ts'
import { forgetTargetNames, keepingTargetNames } from '../client/target-names.ts'
import { systemClock } from '../platform/clock.ts'
import { makeDirectories } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { nodeHttp, warmUpHttp } from '../platform/http-node.ts'
import { withLock } from '../platform/lock.ts'
import { useProxyFromEnv } from '../platform/proxy.ts'
import { systemRandom } from '../platform/random.ts'
import { readSettings, writeSettings } from '../platform/settings.ts'
import { hasLogin } from './has-login.ts'
import type { Installation } from './installation.ts'
import type { Job } from './job.ts'
import { keyStoreOf, openKeyStore } from './key-store.ts'
import { isYes } from './switches.ts'

const LOGIN_LOCK_WAIT_MS = 30_000

type Surroundings = {
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly installation: Pick<Installation, 'places' | 'login'>
  readonly signal: AbortSignal
}

/** The login of this installation and the endpoint behind it. Loaded only by commands that go online. */
export type LoggedIn = {
  readonly identity: () => Promise<Identity>
  readonly api: () => Promise<ApprovalApi>
  readonly login: (order: LoginOrder) => Promise<LoginResult>
  readonly logout: () => Promise<LogoutResult>
}

export async function loggedIn({ env, platform, installation, signal }: Surroundings): Promise<LoggedIn> {
  await useProxyFromEnv(env)
  const { places } = installation
  const lock: WithLock = (name, work) => {
    const { locks } = installation.login()
    makeDirectories(nodeFileSystem, locks)
    return withLock(join(locks, `${name}.lock`), systemClock, LOGIN_LOCK_WAIT_MS, work)
  }
  const common = { http: nodeHttp, clock: systemClock, random: systemRandom, platform, withLock: lock }
  const identityDeps = (): IdentityDeps => {
    const keyStore = openKeyStore(env, platform, places)
    return {
      ...common,
      store: loginStore({ stateDirectory: installation.login().directory, keyStore, random: systemRandom }),
    }
  }
  const inJob = async (): Promise<Job | undefined> => {
    if (!mayBeWorkload(env)) return undefined
    const { findJob } = await import('./job.ts')
    return findJob({ env, platform, installation, signal, withLock: lock })
  }
  let opened: Promise<Identity> | undefined
  const identity = (): Promise<Identity> => {
    opened ??= inJob().then((job) => job?.identity() ?? open(identityDeps(), env, hasLogin(installation)))
    warmUpHttp() // the key store is at work in another process or thread
    return opened
  }
  return {
    identity,
    api: async () =>
      keepingTargetNames(approvalApi({ ...common, identity: await identity() }), nodeFileSystem, places.state),
    login: (order) =>
      logIn(
        {
          ...common,
          env,
          signal,
          stateDirectory: installation.login().directory,
          chooseKeyStore: (choice) => keyStoreOf(choice, env, platform, places),
          settings: () => readSettings(places.config),
          remember: (settings) => writeSettings(places.config, settings),
        },
        order,
      ),
    logout: async () => {
      forgetTargetNames(nodeFileSystem, places.state)
      return (await inJob())?.logout() ?? logout(identityDeps(), signal)
    },
  }
}

async function open(deps: IdentityDeps, env: Environment, isPersonHere: boolean): Promise<Identity> {
  // `CI` is what most of them set
  if (!isPersonHere && isYes(env['CI'])) throw new JitError('LOGIN_NEEDED', NO_TOKEN, NAME_TOKEN)
  const identity = await openIdentity(deps)
  refuseOtherEndpoint(env['JIT_ENDPOINT_URL'], identity.endpoint)
  return identity
}

const NO_TOKEN = 'Nobody is logged in, and this looks like a pipeline that jit does not know.'
const NAME_TOKEN = 'Name its ID token: JIT_WORKLOAD_TOKEN_FILE or JIT_WORKLOAD_TOKEN (see docs/ci.md)'
