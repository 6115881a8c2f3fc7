import type { Discovery } from '../../contract/discovery.ts'
import type { Me } from '../../contract/session.ts'

/** Private P-256 JWK (RFC 7518 §6.2). */
export type DpopKey = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly d: string
}

/** What this installation keeps of a login, sealed under a key of the key store (DESIGN §4). */
export type StoredLogin = {
  readonly version: 1
  readonly discovery: Discovery
  readonly flow: 'browser' | 'device'
  readonly me: Me
  /** Key of this login; every call of the API is proved with it (RFC 9449). */
  readonly dpopKey: DpopKey
  readonly accessToken: string
  /** ms since 1970 on this machine's clock. */
  readonly accessTokenExpiresAt: number
  /** The IdP's refresh token, where it gave one: a new ID token without a person. */
  readonly refreshToken?: string
}

/**
 * What the processes of one job share, as they have no keychain and nobody to ask: in the clear, in a private file, worth minutes.
 * The key matters longer than the token: a platform that gives each job one ID token for all of its life gets it taken again
 * only with the key that it came with first.
 */
export type JobLogin = {
  readonly endpoint: string
  /** Which job of which platform it belongs to; of no use to another. */
  readonly job: string
  readonly me: Me
  readonly dpopKey: DpopKey
  readonly accessToken: string
  /** ms since 1970 on this machine's clock. */
  readonly accessTokenExpiresAt: number
}

/** The login in use: proves calls and renews itself. Parallel processes renew once (DESIGN §7.9). */
export interface Identity {
  readonly endpoint: string
  readonly me: Me
  /** Thumbprint (RFC 7638) of this login's key. */
  readonly jkt: string
  /** A live access token; renews through the IdP where needed. Throws `LOGIN_NEEDED`. `renew` asks for a new one although the old looks alive. */
  accessToken(options: { readonly renew: boolean; readonly signal?: AbortSignal }): Promise<string>
  /** DPoP proof (RFC 9449 §4.2) for one call. `clockOffsetMs`: this machine's clock minus the endpoint's. */
  proof(call: {
    readonly method: string
    readonly url: string
    readonly accessToken?: string
    readonly nonce?: string
    readonly clockOffsetMs?: number
  }): Promise<string>
}

/** Runs `work` while no other process of this installation does work under the same name. */
export type WithLock = <T>(name: 'login', work: () => Promise<T>) => Promise<T>
