import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, type CryptoKey, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Recent } from '../../base/recent.ts'
import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../refusal.ts'
import type { Nonces } from './types.ts'

/** How far a caller's clock may be off. The nonce bounds the age anyway; this finds clocks that would break other things. */
const MAX_SKEW_SECONDS = 60
const MAX_LENGTH = 4096

const publicKey = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() })
const claims = z.object({
  jti: z.string().min(8).max(256),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  ath: z.string().optional(),
  nonce: z.string().optional(),
})

/** A key that signed a good proof before, and its thumbprint (RFC 7638): importing it costs as much as verifying. */
export type ProofKey = { readonly key: CryptoKey; readonly jkt: string }

/** A proof that is good for the call, but was not checked for replay yet. */
export type Proof = {
  /** Thumbprint of the key that signed it. */
  readonly jkt: string
  /** To be claimed once. Hashed together with the key, so that nobody can use up another's. */
  readonly replayId: string
}

export type ProofExpectation = {
  readonly method: string
  /** The URL as configured, never from the `Host` header: without query and fragment. */
  readonly url: string
  /** Present where the call brings one; the proof must then name it in `ath`. */
  readonly accessToken?: string
}

export type ProofDeps = {
  readonly nonces: Nonces
  readonly proofKeys: Recent<ProofKey>
  readonly clock: Clock
}

/** Checks a DPoP proof by RFC 9449 §4.3 (all but replay, §11.1). The server nonce is always demanded (§8). */
export async function verifyProof(
  dpop: string | undefined,
  expected: ProofExpectation,
  { nonces, proofKeys, clock }: ProofDeps,
): Promise<Proof> {
  if (dpop === undefined) throw wrong('The call brings no DPoP proof.')
  if (dpop.length > MAX_LENGTH || dpop.includes(',')) throw wrong('There must be one DPoP proof of ordinary length.')
  const { payload, jkt } = await verifySignature(dpop, proofKeys, clock)

  if (payload.htm !== expected.method) throw wrong('The DPoP proof is for another method.')
  if (!sameResource(payload.htu, expected.url)) throw wrong(`The DPoP proof is for another URL than ${expected.url}.`)
  const ath = expected.accessToken === undefined ? undefined : sha256(expected.accessToken)
  if (payload.ath !== ath) throw wrong('The DPoP proof is for another access token.')
  if (payload.nonce === undefined || !nonces.accepts(payload.nonce))
    throw new Refusal('use_dpop_nonce', 'The DPoP proof must carry the nonce of the DPoP-Nonce header.')
  const behind = Math.round(clock.now() / 1000 - payload.iat)
  if (Math.abs(behind) > MAX_SKEW_SECONDS)
    throw wrong(
      `The DPoP proof was made ${Math.abs(behind)} s ${behind > 0 ? 'before' : 'after'} the time of this endpoint.`,
      "Set this machine's clock.",
    )

  return { jkt, replayId: sha256(`${jkt} ${payload.jti}`) }
}

async function verifySignature(dpop: string, proofKeys: Recent<ProofKey>, clock: Clock) {
  try {
    const jwk = publicKey.parse(decodeProtectedHeader(dpop).jwk)
    const name = JSON.stringify(jwk)
    const known = proofKeys.get(name) ?? (await imported(jwk))
    const { payload } = await jwtVerify(dpop, known.key, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(clock.now()),
    })
    proofKeys.set(name, known)
    return { payload: claims.parse(payload), jkt: known.jkt }
  } catch (cause) {
    throw wrong('The DPoP proof is not valid.', undefined, cause)
  }
}

async function imported(jwk: z.infer<typeof publicKey>): Promise<ProofKey> {
  const key = await importJWK(jwk, 'ES256')
  if (key instanceof Uint8Array) throw new TypeError('A proof is signed with a key pair.')
  return { key, jkt: await calculateJwkThumbprint(jwk) }
}

/** Compares after normalisation (RFC 3986 §6.2), query and fragment aside, as RFC 9449 §4.3 says. */
function sameResource(htu: string, url: string): boolean {
  if (!URL.canParse(htu)) return false
  const [a, b] = [new URL(htu), new URL(url)]
  return a.origin === b.origin && a.pathname === b.pathname && a.username === '' && a.password === ''
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

const wrong = (detail: string, hint?: string, cause?: unknown): Refusal =>
  new Refusal('invalid_dpop_proof', detail, hint, { cause })
