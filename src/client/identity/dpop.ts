import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { object, oneOf, type Reader, string } from '../../contract/narrow.ts'
import type { DpopKey } from './types.ts'

export const readDpopKey: Reader<DpopKey> = object({
  kty: oneOf('EC'),
  crv: oneOf('P-256'),
  x: string,
  y: string,
  d: string,
})

export function newDpopKey(): DpopKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return readDpopKey(privateKey.export({ format: 'jwk' }), 'key')
}

/** JWK thumbprint (RFC 7638), the `jkt` that tokens are bound to. */
export const thumbprint = ({ crv, kty, x, y }: DpopKey): string => sha256(JSON.stringify({ crv, kty, x, y }))

export type ProvenCall = {
  readonly method: string
  readonly url: string
  readonly accessToken?: string
  readonly nonce?: string
  /** Seconds since 1970, by the clock of whoever checks the proof. */
  readonly issuedAt: number
  readonly id: string
}

/** Proof of possession for one call (RFC 9449 §4.2), ES256. */
export function dpopProof(key: DpopKey, call: ProvenCall): string {
  const { kty, crv, x, y } = key
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const { origin, pathname } = new URL(call.url)
  const claims = {
    jti: call.id,
    htm: call.method,
    htu: `${origin}${pathname}`,
    iat: call.issuedAt,
    ath: call.accessToken === undefined ? undefined : sha256(call.accessToken),
    nonce: call.nonce,
  }
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signingKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(input), { key: signingKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')
