import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { dpopProof, thumbprint } from './dpop.ts'
import type { Identity, StoredLogin, WithLock } from './types.ts'

/** As much of a login as its calls need. */
export type CallingLogin = Pick<StoredLogin, 'me' | 'dpopKey' | 'accessToken' | 'accessTokenExpiresAt'>

export type Keeping<L extends CallingLogin> = {
  readonly clock: Clock
  readonly random: Random
  readonly withLock: WithLock
  readonly endpointOf: (login: L) => string
  /** What is kept now: another process may have renewed it. */
  readonly reload: () => Promise<L>
  /** A live one in place of `login`, kept for the next process. Called under the lock. */
  readonly renew: (login: L, signal: AbortSignal | undefined) => Promise<L>
}

/** A token that ends within this is renewed before it is used. */
const MARGIN_MS = 30_000

export const isAlive = ({ accessTokenExpiresAt }: CallingLogin, { now }: Pick<Clock, 'now'>): boolean =>
  accessTokenExpiresAt - MARGIN_MS > now()

/**
 * A login that several processes share: it proves calls, and the first that needs it renews it for all. It stays at its endpoint,
 * though another person may log in there meanwhile. Rejects with LOGIN_NEEDED where the login has become one of another endpoint.
 */
export function keptIdentity<L extends CallingLogin>(first: L, deps: Keeping<L>): Identity {
  const { clock, random, withLock, endpointOf } = deps
  const endpoint = endpointOf(first)
  let login = first
  let renewing: Promise<void> | undefined

  /** The lock makes parallel processes wait; whoever comes second finds the new token in the file. */
  const renew = (signal: AbortSignal | undefined): Promise<void> =>
    withLock('login', async () => {
      const spent = login.accessToken
      login = ofEndpoint(endpoint, await deps.reload(), endpointOf)
      if (login.accessToken !== spent && isAlive(login, clock)) return
      login = await deps.renew(login, signal)
    })

  return {
    endpoint,
    get me() {
      return login.me
    },
    get jkt() {
      return thumbprint(login.dpopKey)
    },
    async accessToken({ renew: anew, signal }) {
      if (anew || !isAlive(login, clock)) {
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

/** Calls go to the endpoint that the program was opened for; it must never see what belongs to another. */
function ofEndpoint<L>(endpoint: string, login: L, endpointOf: (login: L) => string): L {
  if (endpointOf(login) === endpoint) return login
  throw new JitError(
    'LOGIN_NEEDED',
    `Somebody has logged in at ${endpointOf(login)} meanwhile.`,
    'Type the command again.',
  )
}
