import { createDecipheriv, createHash, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { JitError } from '../../base/errors.ts'
import type { CloudCredential } from '../../contract/credential.ts'
import { readPublicKey, type SealedCredential } from '../../contract/grant.ts'
import { object, oneOf, type Reader } from '../../contract/narrow.ts'

const readHeader = object({
  alg: oneOf('ECDH-ES'),
  enc: oneOf('A256GCM'),
  epk: readPublicKey,
})

/** Opens what the endpoint sealed to `privateKey`. Throws `ENDPOINT_INVALID` where it cannot be opened, or is none of the cloud it is said to be of. */
export function unseal<T extends CloudCredential>(sealed: SealedCredential, privateKey: KeyObject, read: Reader<T>): T {
  try {
    const credential = read(JSON.parse(decrypt(sealed.jwe, privateKey).toString('utf8')), 'credential')
    if (credential.cloud !== sealed.cloud) throw new Error('a credential of another cloud')
    return credential
  } catch {
    // The cause stays behind: a parser's message may quote the secret it tripped over.
    throw new JitError(
      'ENDPOINT_INVALID',
      'The endpoint answered with credentials that cannot be opened.',
      'Try again. If it stays so, endpoint and jit may be of different versions: update jit.',
    )
  }
}

/** Compact JWE with exactly one algorithm (RFC 7516 §5.2, RFC 7518 §4.6 and §5.3) by node:crypto alone: `elevate` need not load a JOSE library. */
function decrypt(jwe: string, privateKey: KeyObject): Buffer {
  const parts = jwe.split('.')
  const [header = '', encryptedKey, iv = '', ciphertext = '', tag = ''] = parts
  if (parts.length !== 5 || encryptedKey !== '') throw new Error('not a compact JWE with direct key agreement')
  const { epk } = readHeader(JSON.parse(bytes(header).toString('utf8')), 'header')
  const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key: epk, format: 'jwk' }) })
  const decipher = createDecipheriv('aes-256-gcm', concatKdf(shared), bytes(iv), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(header, 'ascii'))
  decipher.setAuthTag(bytes(tag))
  return Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()])
}

/** Concat KDF of RFC 7518 §4.6.2 for one SHA-256 block: counter ‖ Z ‖ AlgorithmID ‖ PartyUInfo ‖ PartyVInfo ‖ SuppPubInfo. */
function concatKdf(shared: Buffer): Buffer {
  const algorithm = Buffer.from('A256GCM', 'ascii')
  return createHash('sha256')
    .update(uint32(1))
    .update(shared)
    .update(Buffer.concat([uint32(algorithm.length), algorithm, uint32(0), uint32(0), uint32(256)]))
    .digest()
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

const bytes = (base64url: string): Buffer => Buffer.from(base64url, 'base64url')
