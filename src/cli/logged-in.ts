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
import { forgetTargetUses } from '../client/target-use.ts'
import { systemClock } from '../platform/clock.ts'
import { makeDirectories } from '../platform/durable.ts'
import { greet, type Greeting } from '../platform/endpoint-transport.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { nodeHttp } from '../platform/http-node.ts'
import { withLock } from '../platform/lock.ts'
import type { CallAddon } from '../platform/keychain/system.ts'
import type { Places } from '../platform/places.ts'
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
  /** Stands between a login that has run out and its failure; absent where nobody is to be asked. */
  readonly offerLogin?: (open: () => Promise<Identity>) => Promise<Identity>
  readonly callAddon?: CallAddon
  /** Somebody waits: what a call takes is loaded before it is known to be needed. */
  readonly isWaitedFor?: boolean
}

/** The login of this installation and the endpoint behind it. Loaded only by commands that go online. */
export type LoggedIn = {
  readonly identity: () => Promise<Identity>
  readonly api: () => Promise<ApprovalApi>
  readonly login: (order: LoginOrder) => Promise<LoginResult>
  readonly logout: () => Promise<LogoutResult>
}

export async function loggedIn(surroundings: Surroundings): Promise<LoggedIn> {
  const { env, platform, installation, signal, callAddon, offerLogin, isWaitedFor = true } = surroundings
  await useProxyFromEnv(env)
  const { places } = installation
  const lock: WithLock = (name, work) => {
    const { locks } = installation.login()
    makeDirectories(nodeFileSystem, locks)
    return withLock(join(locks, `${name}.lock`), systemClock, LOGIN_LOCK_WAIT_MS, work)
  }
  const common = { http: nodeHttp, clock: systemClock, random: systemRandom, platform, withLock: lock }
  const identityDeps = (): IdentityDeps => {
    const keyStore = openKeyStore(env, platform, places, callAddon)
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
  let greeted: Promise<Greeting | undefined> | undefined
  const identity = (): Promise<Identity> => {
    const open = (): Promise<Identity> => openOwn(identityDeps(), env, hasLogin(installation), offerLogin)
    opened ??= inJob().then((job) => job?.identity() ?? open())
    // the key store is at work in another process
    if (isWaitedFor) greeted ??= greetEndpoint(places).catch(() => undefined)
    return opened
  }
  const api = async (): Promise<ApprovalApi> =>
    approvalApi({ ...common, identity: await identity(), ...(greeted && { greeted }) })
  return {
    identity,
    api: async () => keepingTargetNames(await api(), nodeFileSystem, places.state),
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
      forgetTargetUses(nodeFileSystem, places.state)
      return (await inJob())?.logout() ?? logout(identityDeps(), signal)
    },
  }
}

/** To the endpoint of the last login, as the settings have it: which login is stored shows only under its key. */
async function greetEndpoint({ config }: Places): Promise<Greeting | undefined> {
  const { endpoint } = readSettings(config)
  return endpoint === undefined ? undefined : greet({ endpoint, http: nodeHttp, clock: systemClock })
}

async function openOwn(
  deps: IdentityDeps,
  env: Environment,
  isPersonHere: boolean,
  offerLogin: Surroundings['offerLogin'] = (openIt) => openIt(),
): Promise<Identity> {
  // `CI` is what most of them set
  if (!isPersonHere && isYes(env['CI'])) throw new JitError('LOGIN_NEEDED', NO_TOKEN, NAME_TOKEN)
  const identity = await offerLogin(() => openIdentity(deps))
  refuseOtherEndpoint(env['JIT_ENDPOINT_URL'], identity.endpoint)
  return identity
}

const NO_TOKEN = 'Nobody is logged in, and this looks like a pipeline that jit does not know.'
const NAME_TOKEN = 'Name its ID token: JIT_WORKLOAD_TOKEN_FILE or JIT_WORKLOAD_TOKEN (see docs/ci.md)'
