import { CompactEncrypt, importJWK } from 'jose'
import type { PublicKey } from '../../contract/grant.ts'
import { Refusal } from '../refusal.ts'

/** Encrypts one value to the caller: compact JWE (RFC 7516), ECDH-ES directly to A256GCM. */
export type Seal = (value: unknown) => Promise<string>

/**
 * Prepares sealing to `key`, so that a key which is no point of P-256 (importing checks it: invalid-curve attacks on us
 * or a key that nobody can open) is refused before a cloud is asked.
 */
export async function sealTo(key: PublicKey): Promise<Seal> {
  const publicKey = await importJWK({ kty: 'EC', crv: 'P-256', x: key.x, y: key.y }, 'ECDH-ES').catch(
    (cause: unknown) => {
      throw new Refusal('invalid_request', 'The key of the call is no public key on P-256.', undefined, { cause })
    },
  )
  return (value) =>
    new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'json' })
      .encrypt(publicKey)
}
