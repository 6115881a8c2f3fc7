import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto'
import type { AwsCredential } from '../../src/contract/credential.ts'
import type { PublicKey } from '../../src/contract/grant.ts'
import { iso, NOW } from './fake-approval.ts'

export const awsCredential: AwsCredential = {
  cloud: 'aws',
  accessKeyId: 'ASIAFAKE',
  secretAccessKey: 'canary',
  sessionToken: 'token',
  expiration: iso(NOW + 900_000),
  notAfter: iso(NOW + 3_600_000),
  roleArn: 'arn:aws:iam::111122223333:role/Admin',
  sessionArn: 'arn:aws:sts::111122223333:assumed-role/Admin/eve',
}

/** Compact JWE, ECDH-ES + A256GCM, as the endpoint seals it (RFC 7518 §4.6). */
export function seal(to: PublicKey, plain: unknown): string {
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = ephemeral.publicKey.export({ format: 'jwk' })
  const header = Buffer.from(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', epk: { kty, crv, x, y } })).toString(
    'base64url',
  )
  const publicKey = createPublicKey({ key: { ...to }, format: 'jwk' })
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey })
  const uint32 = (value: number): Buffer => Buffer.from([0, 0, value >> 8, value & 255])
  const info = [uint32(7), Buffer.from('A256GCM'), uint32(0), uint32(0), uint32(256)]
  const key = createHash('sha256')
    .update(Buffer.concat([uint32(1), shared, ...info]))
    .digest()
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header, 'ascii'))
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(plain)), cipher.final()])
  return [header, '', ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.')
}
