import { webcrypto } from 'node:crypto'
import type { DpopKey } from './types.ts'

/** The key in the form that openid-client takes. */
export async function dpopKeyPair(key: DpopKey): Promise<webcrypto.CryptoKeyPair> {
  const { kty, crv, x, y } = key
  const algorithm = { name: 'ECDSA', namedCurve: crv }
  const take = (jwk: webcrypto.JsonWebKey, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> =>
    webcrypto.subtle.importKey('jwk', jwk, algorithm, usage === 'verify', [usage])
  return { privateKey: await take({ ...key }, 'sign'), publicKey: await take({ kty, crv, x, y }, 'verify') }
}
