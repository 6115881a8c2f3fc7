import { JitError } from '../base/errors.ts'
import type { Me } from '../contract/session.ts'
import type { KeyStore, KeyStoreChoice } from '../platform/keychain/types.ts'
import type { Settings } from '../platform/settings.ts'
import type { UserCode } from './identity/device-flow.ts'
import { endpointUrl } from './identity/discovery.ts'
import { login, type LoginDeps } from './identity/login.ts'
import { loginStore } from './identity/store.ts'

export type LoginOrder = {
  /** As typed: scheme and trailing slash may be missing. */
  readonly endpoint: string
  /** Absent: a browser where one can be opened, else the device flow. */
  readonly flow?: 'browser' | 'device'
  /** Absent: as before, or the system's own keychain. */
  readonly keyStore?: KeyStoreChoice
  /** Text is not yet safe for a terminal. */
  readonly show: (message: LoginMessage) => void
}
export type LoginMessage =
  | { readonly kind: 'device'; readonly code: UserCode }
  | { readonly kind: 'browser'; readonly url: string; readonly opened: boolean }
export type LoginResult = {
  readonly me: Me
  readonly endpoint: string
  readonly keyStore: string
  readonly kept: boolean
}

export type LoggingInDeps = Omit<LoginDeps, 'store'> & {
  readonly stateDirectory: string
  readonly chooseKeyStore: (choice: KeyStoreChoice) => KeyStore
  readonly settings: () => Settings
  readonly remember: (settings: Settings) => Promise<void>
  readonly signal: AbortSignal
}

/** Logs in and remembers endpoint and key store. The key store is tried first: a person shall not log in for nothing. */
export async function logIn(deps: LoggingInDeps, order: LoginOrder): Promise<LoginResult> {
  const { stateDirectory, random, signal } = deps
  endpointUrl(order.endpoint) // a mistyped address is said before the key store is opened
  const choice = order.keyStore ?? deps.settings().keyStore ?? 'auto' // unreadable settings stop here
  const keyStore = deps.chooseKeyStore(choice)
  await keyStore.get(PROBE)
  const store = loginStore({ stateDirectory, keyStore, random })
  const { me, discovery } = await login(
    { ...deps, store },
    {
      endpointUrl: order.endpoint,
      flow: order.flow ?? 'auto',
      signal,
      onUserCode: (code) => order.show({ kind: 'device', code }),
      onBrowserUrl: (url, opened) => order.show({ kind: 'browser', url, opened }),
    },
  )
  await deps.remember({ endpoint: discovery.endpoint, keyStore: choice })
  return { me, endpoint: discovery.endpoint, keyStore: keyStore.name, kept: choice !== 'memory' }
}

/** An item that never exists: asking for it tells whether the key store works. */
const PROBE = 'probe'

/** `JIT_ENDPOINT_URL` speaks of the login's own endpoint, or another login is needed. */
export function refuseOtherEndpoint(wanted: string | undefined, actual: string): void {
  if (wanted === undefined || wanted === '' || addressIn(wanted, actual) === actual) return
  if (!wanted.includes('://')) throw noAddress(wanted, actual)
  throw new JitError(
    'LOGIN_NEEDED',
    `JIT_ENDPOINT_URL is ${wanted}, but you are logged in to ${actual}.`,
    `Type: jit login ${wanted}`,
  )
}

function addressIn(wanted: string, actual: string): string {
  try {
    return endpointUrl(wanted)
  } catch (error) {
    throw noAddress(wanted, actual, error)
  }
}

const noAddress = (wanted: string, actual: string, cause?: unknown): JitError =>
  new JitError(
    'CONFIG',
    `JIT_ENDPOINT_URL is ${JSON.stringify(wanted)}, which is no URL of an approval endpoint.`,
    `Set it to one such as ${actual}, or unset it.`,
    { cause },
  )
