import type { Environment } from '../../base/environment.ts'
import { JitError } from '../../base/errors.ts'
import type { Discovery } from '../../contract/discovery.ts'
import { openBrowser, type Launch } from '../../platform/browser.ts'
import type { Clock } from '../../platform/clock.ts'
import { endpointTransport } from '../../platform/endpoint-transport.ts'
import type { Http } from '../../platform/http.ts'
import type { Random } from '../../platform/random.ts'
import { browserFlow } from './browser-flow.ts'
import { chooseFlow, type Flow, isHeadless } from './choose-flow.ts'
import { deviceFlow, type UserCode } from './device-flow.ts'
import { discover, endpointUrl } from './discovery.ts'
import { newDpopKey } from './dpop.ts'
import { connectIdp, type Idp, type IdpTokens } from './idp.ts'
import { startSession } from './session.ts'
import type { LoginStore } from './store.ts'
import type { DpopKey, StoredLogin, WithLock } from './types.ts'

export type LoginDeps = {
  readonly http: Http
  readonly clock: Clock
  readonly random: Random
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly store: LoginStore
  readonly withLock: WithLock
  /** How a browser is started; the system's own way where absent. */
  readonly launch?: Launch
}

export type LoginOptions = {
  /** As typed: scheme and trailing slash may be missing. */
  readonly endpointUrl: string
  readonly flow: 'auto' | Flow
  readonly signal: AbortSignal
  /** Device flow: show code and page. */
  readonly onUserCode: (code: UserCode) => void
  /** Browser flow: show the URL too, for `opened` says only that a program was started. */
  readonly onBrowserUrl: (url: string, opened: boolean) => void
}

/** Logs in at the endpoint's IdP, proves it to the endpoint, and keeps the login. Replaces any login before. */
export async function login(deps: LoginDeps, options: LoginOptions): Promise<StoredLogin> {
  const endpoint = endpointUrl(options.endpointUrl)
  const discovery = await discover(deps.http, endpoint, options.signal)
  const chosen = chooseFlow(options.flow, discovery, isHeadless(deps.env, deps.platform))
  const place = await deps.store.reserve()
  try {
    const stored = await obtain(deps, options, discovery, chosen)
    await deps.withLock('login', () => place.write(stored))
    return stored
  } finally {
    await place.abandon()
  }
}

async function obtain(
  deps: LoginDeps,
  options: LoginOptions,
  discovery: Discovery,
  { flow, clientId }: { readonly flow: Flow; readonly clientId: string },
): Promise<StoredLogin> {
  const { clock } = deps
  const { endpoint, idp: provider } = discovery
  const key = (await keyAt(deps.store, endpoint)) ?? newDpopKey()
  const idp = await connectIdp(deps, { issuer: provider.issuer, clientId, key, signal: options.signal })
  const tokens = await authenticate(deps, options, idp, { flow, key, scopes: provider.scopes })
  const transport = endpointTransport({ endpoint, ...deps })
  const proof = { idToken: tokens.idToken, key, signal: options.signal }
  const session = await startSession({ endpoint, transport, ...deps }, proof)
  return {
    version: 1,
    discovery,
    flow,
    me: session.me,
    dpopKey: key,
    accessToken: session.accessToken,
    accessTokenExpiresAt: clock.now() + session.expiresInSeconds * 1000,
    ...(tokens.refreshToken !== undefined && { refreshToken: tokens.refreshToken }),
  }
}

/**
 * The key of the login before, at the same endpoint: grants belong to it, and whoever logs in again because his login ran out
 * goes on with them. `jit logout` forgets it.
 */
async function keyAt(store: LoginStore, endpoint: string): Promise<DpopKey | undefined> {
  const before = await store.load().catch((error: unknown) => {
    if (error instanceof JitError) return undefined // this login is to mend that
    throw error
  })
  return before?.discovery.endpoint === endpoint ? before.dpopKey : undefined
}

function authenticate(
  { clock, random, platform, launch }: LoginDeps,
  { signal, onUserCode, onBrowserUrl }: LoginOptions,
  idp: Idp,
  { flow, key, scopes }: { readonly flow: Flow; readonly key: DpopKey; readonly scopes: readonly string[] },
): Promise<IdpTokens> {
  if (flow === 'device') return deviceFlow(idp, { clock, signal, onUserCode }, scopes)
  const show = async (url: string): Promise<void> => onBrowserUrl(url, await openBrowser(url, platform, launch))
  return browserFlow(idp, { clock, random, signal, onBrowserUrl: show }, { scopes, key })
}
