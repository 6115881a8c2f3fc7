import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { endpointTransport } from '../../platform/endpoint-transport.ts'
import type { Http } from '../../platform/http.ts'
import type { Random } from '../../platform/random.ts'
import { dpopProof, thumbprint } from './dpop.ts'
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

/** A token that ends within this is renewed before it is used. */
const MARGIN_MS = 30_000

/** The login of this installation. Throws `LOGIN_NEEDED` where nobody is logged in. Asks nobody yet. */
export async function openIdentity(deps: IdentityDeps): Promise<Identity> {
  const { clock, random, store, withLock } = deps
  let login = await loadLogin(store)
  let renewing: Promise<void> | undefined
  const isAlive = ({ accessTokenExpiresAt }: StoredLogin): boolean => accessTokenExpiresAt - MARGIN_MS > clock.now()

  /** The lock makes parallel processes wait; whoever comes second finds the new token in the file. */
  const renew = (signal: AbortSignal | undefined): Promise<void> =>
    withLock('login', async () => {
      const spent = login.accessToken
      login = await loadLogin(store)
      if (login.accessToken !== spent && isAlive(login)) return
      login = await renewLogin(deps, login, signal)
    })

  return {
    get endpoint() {
      return login.discovery.endpoint
    },
    get me() {
      return login.me
    },
    get jkt() {
      return thumbprint(login.dpopKey)
    },
    async accessToken({ renew: anew, signal }) {
      if (anew || !isAlive(login)) {
        renewing ??= renew(signal).finally(() => (renewing = undefined))
        await renewing
      }
      return login.accessToken
    },
    proof: async ({ clockOffsetMs = 0, ...call }) =>
      dpopProof(login.dpopKey, {
        ...call,
        issuedAt: Math.floor((clock.now() - clockOffsetMs) / 1000),
        id: random.bytes(16).toString('base64url'),
      }),
  }
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
