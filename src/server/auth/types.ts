import type { LoginFlow } from '../../contract/request.ts'
import type { Caller } from '../approvals/types.ts'

/** What a call brings to prove who makes it. */
export type ProvedCall = {
  readonly method: string
  /** Path as received, below the endpoint's URL and without query: `/v1/me`. */
  readonly path: string
  readonly authorization: string | undefined
  readonly dpop: string | undefined
  /** Network address that the call came from. */
  readonly address: string
}

/** Proves callers. Rejects with `Refusal`: invalid_token, invalid_dpop_proof, use_dpop_nonce, denied, idp_unavailable. */
export interface Authentication {
  /** Who makes this call, by access token and DPoP proof (RFC 9449 §7). */
  caller(call: ProvedCall): Promise<Caller>
  /** Who logs in with this ID token of the IdP, or which job with its own token; the DPoP proof says which key the access token is for (RFC 9449 §5). */
  login(call: ProvedCall, idToken: string): Promise<Caller>
  /** The nonce that the next proof shall carry (RFC 9449 §8). */
  nonce(): string
}

/**
 * Remembers ids until a time: proofs and ID tokens that are good once, keys that a login was bound to. Ids are hashes,
 * never the tokens. Durable and shared by all replicas, except for proofs: those carry a nonce that only this process
 * accepts (`Nonces`), so its memory is complete.
 */
export interface SeenIds {
  /** True for the first caller of `id`, false for all others until `until` (ms since 1970). */
  claim(id: string, until: number): Promise<boolean>
  /** Whether `id` is claimed now. */
  has(id: string): Promise<boolean>
}

/** Remembers which key an id was brought with first. Durable and shared by all replicas. */
export interface BoundIds {
  /** True for the first caller of `id`, and again for its key `jkt`; false for every other key until `until` (ms since 1970). */
  bind(id: string, jkt: string, until: number): Promise<boolean>
}

/** Server nonces of DPoP (RFC 9449 §8): made here, so that no proof can be made ahead of its use. */
export interface Nonces {
  issue(): string
  accepts(nonce: string): boolean
}

/** What a verified ID token says. */
export type Login = Omit<Caller, 'address' | 'jkt'> & { readonly flow: LoginFlow }
