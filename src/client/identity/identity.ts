import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { endpointTransport } from '../../platform/endpoint-transport.ts'
import type { Http } from '../../platform/http.ts'
import type { Random } from '../../platform/random.ts'
import { keptIdentity } from './kept-identity.ts'
import { refresh } from './refresh.ts'
import { startSession } from './session.ts'
import type { LoginStore } from './store.ts'
import type { Identity, StoredLogin, WithLock } from './types.ts'

export type IdentityDeps = {
  readonly http: Http
  readonly clock: Clock
  readonly random: Random
  readonly platform: NodeJS.Platform
  readonly store: LoginStore
  readonly withLock: WithLock
}

/** The login of this installation. Throws `LOGIN_NEEDED` where nobody is logged in. Asks nobody yet. */
export async function openIdentity(deps: IdentityDeps): Promise<Identity> {
  const reload = (): Promise<StoredLogin> => loadLogin(deps.store)
  return keptIdentity(await reload(), {
    ...deps,
    endpointOf: ({ discovery }) => discovery.endpoint,
    reload,
    renew: (login, signal) => renewLogin(deps, login, signal),
  })
}

async function loadLogin(store: LoginStore): Promise<StoredLogin> {
  const login = await store.load()
  if (login !== undefined) return login
  throw new JitError('LOGIN_NEEDED', 'You are not logged in.', 'Type: jit login https://YOUR-ENDPOINT')
}

/** A new ID token from the IdP, then a new access token from the endpoint. */
async function renewLogin(
  deps: IdentityDeps,
  login: StoredLogin,
  signal: AbortSignal | undefined,
): Promise<StoredLogin> {
  const { http, clock, platform, random, store } = deps
  const { endpoint } = login.discovery
  const tokens = await refresh(deps, login, signal)
  // Durable before anything else can fail: an IdP that rotates has already forgotten the old one.
  const rotated = tokens.refreshToken === undefined ? login : { ...login, refreshToken: tokens.refreshToken }
  await store.update(rotated)
  const transport = endpointTransport({ endpoint, http, clock, platform })
  const session = await startSession(
    { endpoint, transport, clock, random },
    { idToken: tokens.idToken, key: login.dpopKey, signal },
  )
  const renewed: StoredLogin = {
    ...rotated,
    me: session.me,
    accessToken: session.accessToken,
    accessTokenExpiresAt: clock.now() + session.expiresInSeconds * 1000,
  }
  await store.update(renewed)
  return renewed
}
