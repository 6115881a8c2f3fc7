import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { record } from '../../contract/narrow.ts'
import type { KeyUse, SigningKey } from './types.ts'

export const ALGORITHM: Readonly<Record<KeyUse, 'RS256' | 'ES256'>> = { grant: 'RS256', access: 'ES256' }

/** A new key: RSA of 2048 bits for grants (RS256 is what all clouds accept), P-256 for access tokens. `kid` is its RFC 7638 thumbprint. */
export async function makeSigningKey(use: KeyUse, createdAt: number): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM[use], { modulusLength: 2048, extractable: true })
  const jwk = await exportJWK(privateKey)
  return { kid: await calculateJwkThumbprint(jwk), use, privateJwk: JSON.stringify(jwk), createdAt }
}

/** The private key, ready to sign. */
export async function importPrivate(key: SigningKey): Promise<CryptoKey> {
  return imported(await importJWK(parse(key), ALGORITHM[key.use]))
}

/** The public key, ready to verify. */
export async function importPublic(key: SigningKey): Promise<CryptoKey> {
  return imported(await importJWK(publicJwk(key), ALGORITHM[key.use]))
}

/** The public members only, chosen by name: a member that this code does not know is never published. */
function publicJwk(key: SigningKey): JWK {
  const { kty, n, e, crv, x, y } = parse(key)
  const common = { kid: key.kid, use: 'sig', alg: ALGORITHM[key.use] }
  return kty === 'RSA' ? { kty, ...common, ...present({ n, e }) } : { kty: 'EC', ...common, ...present({ crv, x, y }) }
}

/** What clouds trust, as a JWK set (RFC 7517 §5): grant keys only. */
export function publishedKeys(keys: readonly SigningKey[]): {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
} {
  return { keys: keys.filter(({ use }) => use === 'grant').map((key) => ({ ...publicJwk(key) })) }
}

function parse(key: SigningKey): JWK {
  const parsed: unknown = JSON.parse(key.privateJwk)
  return record(parsed, `key ${key.kid}`)
}

const present = (members: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(members).filter((each): each is [string, string] => each[1] !== undefined))

function imported(key: CryptoKey | Uint8Array): CryptoKey {
  if (key instanceof Uint8Array) throw new TypeError('A signing key is asymmetric.')
  return key
}
