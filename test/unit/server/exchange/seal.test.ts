import { compactDecrypt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import type { PublicKey } from '../../../../src/contract/grant.ts'
import { sealTo } from '../../../../src/server/exchange/seal.ts'

async function pair() {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
  const { x = '', y = '' } = await exportJWK(publicKey)
  const key: PublicKey = { kty: 'EC', crv: 'P-256', x, y }
  return { key, privateKey }
}

describe('sealing', () => {
  test('makes a JWE that the holder of the key alone can open', async () => {
    const [mine, other] = await Promise.all([pair(), pair()])
    const jwe = await (await sealTo(mine.key))({ secret: 's3cr3t' })

    expect(decodeProtectedHeader(jwe)).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', epk: { crv: 'P-256' } })
    expect(new TextDecoder().decode((await compactDecrypt(jwe, mine.privateKey)).plaintext)).toBe('{"secret":"s3cr3t"}')
    await expect(compactDecrypt(jwe, other.privateKey)).rejects.toThrow('decryption operation failed')
  })

  test.each([
    ['a point beside the curve', (key: PublicKey) => ({ ...key, y: key.x })],
    ['a cut coordinate', (key: PublicKey) => ({ ...key, x: key.x.slice(0, 20) })],
    ['no base64url', (key: PublicKey) => ({ ...key, x: '!' })],
    ['nothing', (key: PublicKey) => ({ ...key, x: '', y: '' })],
    ['the origin', (key: PublicKey) => ({ ...key, x: 'A'.repeat(43), y: 'A'.repeat(43) })],
  ])('refuses %s as a key', async (_name, broken) => {
    const { key } = await pair()
    await expect(sealTo(key)).resolves.toBeTypeOf('function')
    await expect(sealTo(broken(key))).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
