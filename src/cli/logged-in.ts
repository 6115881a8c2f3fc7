import { join } from 'node:path'
import type { Environment } from '../base/environment.ts'
import { approvalApi } from '../client/approval/client.ts'
import type { ApprovalApi } from '../client/approval/types.ts'
import { type IdentityDeps, openIdentity } from '../client/identity/identity.ts'
import { logout, type LogoutResult } from '../client/identity/logout.ts'
import { loginStore } from '../client/identity/store.ts'
import type { Identity, WithLock } from '../client/identity/types.ts'
import { type LoginOrder, type LoginResult, logIn, refuseOtherEndpoint } from '../client/login.ts'
import { forgetTargetNames, keepingTargetNames } from '../client/target-names.ts'
import { systemClock } from '../platform/clock.ts'
import { makeDirectories } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { nodeHttp, warmUpHttp } from '../platform/http-node.ts'
import { withLock } from '../platform/lock.ts'
import type { Places } from '../platform/places.ts'
import { useProxyFromEnv } from '../platform/proxy.ts'
import { systemRandom } from '../platform/random.ts'
import { readSettings, writeSettings } from '../platform/settings.ts'
import { keyStoreOf, openKeyStore } from './key-store.ts'

const LOGIN_LOCK_WAIT_MS = 30_000

type Surroundings = {
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly places: Places
  readonly signal: AbortSignal
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

export async function loggedIn({ env, platform, places, signal, isWaitedFor = true }: Surroundings): Promise<LoggedIn> {
  await useProxyFromEnv(env)
  const lock: WithLock = (name, work) => {
    makeDirectories(nodeFileSystem, places.state)
    return withLock(join(places.state, `${name}.lock`), systemClock, LOGIN_LOCK_WAIT_MS, work)
  }
  const common = { http: nodeHttp, clock: systemClock, random: systemRandom, platform, withLock: lock }
  const identityDeps = (): IdentityDeps => {
    const keyStore = openKeyStore(env, platform, places)
    return { ...common, store: loginStore({ stateDirectory: places.state, keyStore, random: systemRandom }) }
  }
  let opened: Promise<Identity> | undefined
  const identity = (): Promise<Identity> => {
    opened ??= open(identityDeps(), env)
    if (isWaitedFor) warmUpHttp() // the key store is at work in another process or thread
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
          stateDirectory: places.state,
          chooseKeyStore: (choice) => keyStoreOf(choice, env, platform, places),
          settings: () => readSettings(places.config),
          remember: (settings) => writeSettings(places.config, settings),
        },
        order,
      ),
    logout: () => {
      forgetTargetNames(nodeFileSystem, places.state)
      return logout(identityDeps(), signal)
    },
  }
}

async function open(deps: IdentityDeps, env: Environment): Promise<Identity> {
  const identity = await openIdentity(deps)
  refuseOtherEndpoint(env['JIT_ENDPOINT_URL'], identity.endpoint)
  return identity
}
