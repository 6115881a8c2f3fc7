import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type PublicKey, readPublicKey } from '../../contract/grant.ts'

/** A key for one answer of the endpoint. The private half is never written or exported. */
export type EphemeralKey = { readonly publicKey: PublicKey; readonly privateKey: KeyObject }

/** A new P-256 pair in memory. */
export function generateEphemeralKey(): EphemeralKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { publicKey: readPublicKey(publicKey.export({ format: 'jwk' }), 'key'), privateKey }
}
