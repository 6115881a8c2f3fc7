import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export type DpopKey = { readonly privateKey: CryptoKey; readonly jwk: JWK; readonly jkt: string }

export async function dpopKey(): Promise<DpopKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) }
}

export type ProofOptions = {
  readonly method: string
  readonly url: string
  readonly iat: number
  readonly accessToken?: string
  readonly nonce?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** A proof as RFC 9449 §4.2 says, or with members that a test spoils. */
export function proof({ privateKey, jwk }: DpopKey, options: ProofOptions): Promise<string> {
  const { method, url, iat, accessToken, nonce } = options
  const ath = accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') }
  const claims = { jti: randomUUID(), htm: method, htu: url, iat, ...ath, ...(nonce === undefined ? {} : { nonce }) }
  return new SignJWT({ ...claims, ...options.claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...options.header })
    .sign(privateKey, { crit: { x: true } })
}
