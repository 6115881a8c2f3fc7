import { inspect } from 'node:util'
import { CompactEncrypt, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { type EphemeralKey, generateEphemeralKey } from '../../../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../../../src/client/exchange/unseal.ts'
import { type AwsCredential, readAwsCredential } from '../../../../src/contract/credential.ts'

const CREDENTIAL: AwsCredential = {
  cloud: 'aws',
  accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE',
  expiration: '2026-11-21T23:45:00.000Z',
  notAfter: '2026-11-21T23:30:00Z',
  roleArn: 'arn:aws:iam::123456789012:role/prod-db',
  sessionArn: 'arn:aws:sts::123456789012:assumed-role/prod-db/alice-g_1',
  region: 'eu-west-1',
}

/** As the endpoint seals: by jose, so that both halves are checked against one another. */
async function sealed(value: unknown, { publicKey }: EphemeralKey, header: Readonly<Record<string, string>> = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const jwe = await new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', ...header })
    .encrypt(await importJWK(publicKey, header['alg'] ?? 'ECDH-ES'))
  return { cloud: 'aws', profile: 'jit-prod-db', jwe } as const
}

const INVALID = { code: 'ENDPOINT_INVALID', message: expect.stringContaining('cannot be opened') }
const flip = (jwe: string, part: number): string =>
  jwe
    .split('.')
    .map((each, index) => (index === part ? `${each.startsWith('A') ? 'B' : 'A'}${each.slice(1)}` : each))
    .join('.')

describe('unsealing', () => {
  test('gives the credential that was sealed to this key', async () => {
    const key = generateEphemeralKey()
    expect(unseal(await sealed(CREDENTIAL, key), key.privateKey, readAwsCredential)).toEqual(CREDENTIAL)
  })

  test('a key is new each time and shows only its public half', () => {
    const [a, b] = [generateEphemeralKey(), generateEphemeralKey()]
    expect(Object.keys(a.publicKey).toSorted()).toEqual(['crv', 'kty', 'x', 'y'])
    expect(a.publicKey.x).not.toBe(b.publicKey.x)
  })

  test('refuses what was sealed to another key', async () => {
    const answer = await sealed(CREDENTIAL, generateEphemeralKey())
    expect(() => unseal(answer, generateEphemeralKey().privateKey, readAwsCredential)).toThrow(
      expect.objectContaining(INVALID),
    )
  })

  test.each([0, 2, 3, 4])('refuses a JWE whose part %i was changed', async (part) => {
    const key = generateEphemeralKey()
    const answer = await sealed(CREDENTIAL, key)
    const changed = { ...answer, jwe: flip(answer.jwe, part) }
    expect(() => unseal(changed, key.privateKey, readAwsCredential)).toThrow(expect.objectContaining(INVALID))
  })

  test.each([
    ['a shorter tag', (jwe: string) => jwe.slice(0, -6)],
    ['a wrapped key', (jwe: string) => jwe.replace('..', '.AAAA.')],
    ['a part more', (jwe: string) => `${jwe}.AAAA`],
    ['no JWE at all', () => 'nonsense'],
  ])('refuses %s', async (_name, broken) => {
    const key = generateEphemeralKey()
    const answer = await sealed(CREDENTIAL, key)
    expect(() => unseal({ ...answer, jwe: broken(answer.jwe) }, key.privateKey, readAwsCredential)).toThrow(
      expect.objectContaining(INVALID),
    )
  })

  test.each([{ enc: 'A128GCM' }, { alg: 'ECDH-ES+A256KW' }])('refuses another algorithm: %j', async (header) => {
    const key = generateEphemeralKey()
    const answer = await sealed(CREDENTIAL, key, header)
    expect(() => unseal(answer, key.privateKey, readAwsCredential)).toThrow(expect.objectContaining(INVALID))
  })

  test('refuses another shape, without a word of it in the error', async () => {
    const key = generateEphemeralKey()
    for (const value of [{ ...CREDENTIAL, expiration: 'soon' }, `{"secretAccessKey":"${CREDENTIAL.secretAccessKey}`]) {
      const answer = await sealed(value, key)
      const error = caught(() => unseal(answer, key.privateKey, readAwsCredential))
      expect(error).toMatchObject(INVALID)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CREDENTIAL.secretAccessKey.slice(0, 12))
    }
  })
})

function caught(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
