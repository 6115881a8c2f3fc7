import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Issue } from '../../../../src/server/approvals/types.ts'
import { awsName } from '../../../../src/server/tokens/aws-name.ts'
import { ensureKeys, LEAD_MS, replaceKeysNow, rotateKeys } from '../../../../src/server/tokens/key-ring.ts'
import { importPrivate } from '../../../../src/server/tokens/signing-key.ts'
import { makeTokens } from '../../../../src/server/tokens/tokens.ts'
import { systemRandom } from '../../../../src/platform/random.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { memoryKeys } from '../../../support/memory-keys.ts'

const ISSUER = 'https://jit.corp.example'
const AUDIENCE = 'sts.amazonaws.com'
const alice = { issuer: 'https://idp.example', subject: 'alice', name: 'Alice Adams', email: 'alice@corp.example' }
const access = {
  roleArn: 'arn:aws:iam::111122223333:role/jit-prod-db',
  account: '111122223333',
  region: 'eu-central-1',
  profile: 'jit-prod-db',
  maxSessionSeconds: 3600,
}
const holder = { person: alice, groups: ['dev'], flow: 'browser' as const, amr: ['mfa'], authTime: 17, jkt: 'thumb' }

async function setUp() {
  const [clock, keys] = [manualClock(), memoryKeys()]
  await ensureKeys(keys, clock)
  const tokens = makeTokens({ issuer: ISSUER, keys, clock, random: systemRandom, awsName })
  const issue = (lastsMs = 3_600_000): Issue => ({
    grant: {
      id: 'g_1',
      requestId: 'r_1',
      target: 'prod-db',
      state: 'active',
      startsAt: new Date(clock.now()).toISOString(),
      endsAt: new Date(clock.now() + lastsMs).toISOString(),
    },
    holder: alice,
    leaf: 7,
    nowMs: clock.now(),
  })
  const verified = async (token: string) =>
    jwtVerify(token, createLocalJWKSet(structuredClone(await tokens.jwks()) as { keys: [] }), {
      currentDate: new Date(clock.now()),
      issuer: ISSUER,
      audience: AUDIENCE,
    })
  return { clock, keys, tokens, issue, verified }
}

describe('grant tokens for AWS', () => {
  test('say exactly what STS and the trust policy look at, and verify against the published keys', async () => {
    const { clock, tokens, issue, verified } = await setUp()
    const { payload, protectedHeader } = await verified(await tokens.awsGrantToken(issue(), access, AUDIENCE))
    const now = clock.now() / 1000
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'jit-grant+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: ISSUER,
      sub: 'jit:prod-db',
      aud: AUDIENCE,
      jti: expect.stringMatching(/^gt_[0-9a-z]{26}$/),
      iat: now - 30,
      nbf: now - 30,
      exp: now + 120,
      jit: { grant: 'g_1', leaf: 7 },
      'https://aws.amazon.com/source_identity': awsName(alice),
      'https://aws.amazon.com/tags': {
        principal_tags: { 'jit-grant': ['g_1'], 'jit-target': ['prod-db'] },
        transitive_tag_keys: ['jit-grant', 'jit-target'],
      },
    })
  })

  test('end with the grant where that is sooner, and are not signed for one that is over', async () => {
    const { clock, tokens, issue } = await setUp()
    expect(decodeJwt(await tokens.awsGrantToken(issue(45_000), access, AUDIENCE)).exp).toBe(clock.now() / 1000 + 45)
    await expect(tokens.awsGrantToken(issue(0), access, AUDIENCE)).rejects.toMatchObject({ code: 'grant_ended' })
  })

  test('have an id of their own each time', async () => {
    const { tokens, issue } = await setUp()
    const [a, b] = [await tokens.awsGrantToken(issue(), access, 'a'), await tokens.awsGrantToken(issue(), access, 'a')]
    expect(decodeJwt(a).jti).not.toBe(decodeJwt(b).jti)
  })

  test('signed before a rotation still verify after it, and those after it with a key published before', async () => {
    const { clock, keys, tokens, issue, verified } = await setUp()
    const published = new Set((await tokens.jwks()).keys.map((key) => key['kid']))
    clock.advance(LEAD_MS + 1)
    const before = await tokens.awsGrantToken(issue(), access, AUDIENCE)
    await rotateKeys(keys, clock)
    clock.advance(6_000)
    const after = await tokens.awsGrantToken(issue(), access, AUDIENCE)
    await verified(before)
    await verified(after)
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid)
    expect(published).toContain(decodeProtectedHeader(after).kid)
  })
})

describe('published keys', () => {
  test('are public RSA keys of 2048 bits for grants only', async () => {
    const { tokens } = await setUp()
    const { keys } = await tokens.jwks()
    expect(keys).toHaveLength(2)
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
      expect(key).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' })
      expect(Buffer.from(String(key['n']), 'base64url')).toHaveLength(256)
    }
  })
})

describe('access tokens', () => {
  test('bring back the whole caller', async () => {
    const { tokens } = await setUp()
    const full = { ...holder, acr: 'urn:mfa' }
    expect(await tokens.readAccessToken(await tokens.accessToken(full, 600))).toEqual(full)
    const { email: _, ...unlabelled } = alice
    const bare = { person: unlabelled, groups: [], flow: 'device' as const, amr: [], jkt: 'thumb' }
    expect(await tokens.readAccessToken(await tokens.accessToken(bare, 600))).toEqual(bare)
  })

  const workload = {
    provider: 'github',
    pipelines: ['deploy-prod'],
    claims: { ref: 'refs/heads/main', 'kubernetes.io/namespace': 'shop' },
    run: '8123456/1',
  }
  test('bring back a job with its pipelines, claims and run', async () => {
    const { tokens } = await setUp()
    const { run: _, ...unnamed } = workload
    for (const each of [workload, unnamed]) {
      const job = { person: alice, groups: [], flow: 'workload' as const, amr: [], jkt: 'thumb', workload: each }
      expect(await tokens.readAccessToken(await tokens.accessToken(job, 600))).toEqual(job)
    }
  })

  test.each([
    ['a job without pipelines', { ...holder, flow: 'workload' as const }],
    ['a job of no pipeline', { ...holder, flow: 'workload' as const, workload: { ...workload, pipelines: [] } }],
    ['a person with pipelines', { ...holder, workload }],
  ])('are refused that speak of %s', async (_what, impossible) => {
    const { tokens } = await setUp()
    const token = await tokens.accessToken(impossible, 600)
    await expect(tokens.readAccessToken(token)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('expire', async () => {
    const { clock, tokens } = await setUp()
    const token = await tokens.accessToken(holder, 600)
    clock.advance(599_000)
    await tokens.readAccessToken(token)
    clock.advance(1_000)
    await expect(tokens.readAccessToken(token)).rejects.toMatchObject({
      code: 'invalid_token',
      message: 'The access token has expired.',
    })
  })

  test('are void at once after an emergency rotation', async () => {
    const { clock, keys, tokens } = await setUp()
    const token = await tokens.accessToken(holder, 3600)
    await tokens.readAccessToken(token) // found good once
    await replaceKeysNow(keys, clock)
    clock.advance(6_000)
    await expect(tokens.readAccessToken(token)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('a replica accepts what another signed with a key made a moment ago', async () => {
    const { clock, keys, tokens } = await setUp()
    await tokens.jwks() // has read the list
    await rotateKeys(keys, clock)
    const other = makeTokens({ issuer: ISSUER, keys, clock, random: systemRandom, awsName })
    const token = await other.accessToken(holder, 600)
    clock.advance(1_001)
    expect(await tokens.readAccessToken(token)).toEqual(holder)
  })

  test('a broken key store is no reason to send people to a login', async () => {
    const { clock } = await setUp()
    const keys = { ...memoryKeys(), list: () => Promise.reject(new Error('disk')) }
    const tokens = makeTokens({ issuer: ISSUER, keys, clock, random: systemRandom, awsName })
    await expect(tokens.readAccessToken('e30.e30.e30')).rejects.toThrow('disk')
  })

  const spoiled = {
    'no token at all': async () => 'nonsense',
    'a grant token': async ({ tokens, issue }) => tokens.awsGrantToken(issue(), access, ISSUER),
    unsigned: async () =>
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`,
    'another typ': (s) => sign(s, { typ: 'JWT' }, {}),
    'another issuer': (s) => sign(s, {}, { iss: 'https://evil.example' }),
    'another audience': (s) => sign(s, {}, { aud: 'https://other.example' }),
    'several audiences without ours': (s) => sign(s, {}, { aud: ['a', 'b'] }),
    'no expiry': (s) => sign(s, {}, { exp: undefined }),
    'no bound key': (s) => sign(s, {}, { cnf: undefined }),
    'an unknown flow': (s) => sign(s, {}, { flow: 'magic' }),
    'HMAC with the public key as secret': async ({ keys, clock }) => {
      const key = (await keys.list()).find(({ use }) => use === 'access')
      const secret = new TextEncoder().encode(key?.privateJwk)
      const claims = { iss: ISSUER, aud: ISSUER, sub: 'x', jti: 'x', cnf: { jkt: 'x' } }
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key?.kid ?? '' })
        .setIssuedAt(clock.now() / 1000)
        .setExpirationTime(clock.now() / 1000 + 600)
        .sign(secret)
    },
  } satisfies Record<string, (s: Awaited<ReturnType<typeof setUp>>) => Promise<string>>

  test.each(Object.entries(spoiled))('refused: %s', async (_, make) => {
    const s = await setUp()
    await expect(s.tokens.readAccessToken(await make(s))).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('that differ from one found good by a single character are refused', async () => {
    const { tokens } = await setUp()
    const [head = '', claims = '', signature = ''] = (await tokens.accessToken(holder, 600)).split('.')
    const flip = (part: string): string => `${part.slice(0, 20)}${part[20] === 'A' ? 'B' : 'A'}${part.slice(21)}`
    await tokens.readAccessToken([head, claims, signature].join('.'))
    for (const spoiled of [
      [head, flip(claims), signature],
      [head, claims, flip(signature)],
    ])
      await expect(tokens.readAccessToken(spoiled.join('.'))).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('the unspoiled one of these is accepted', async () => {
    const s = await setUp()
    expect(await s.tokens.readAccessToken(await sign(s, {}, {}))).toEqual(holder)
  })

  async function sign(
    { keys, clock, tokens }: Awaited<ReturnType<typeof setUp>>,
    header: Readonly<Record<string, unknown>>,
    claims: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const good = await tokens.accessToken(holder, 600)
    const key = (await keys.list()).find(({ use }) => use === 'access')
    if (key === undefined) throw new Error(`no key at ${clock.now()}`)
    return new SignJWT({ ...decodeJwt(good), ...claims })
      .setProtectedHeader({ ...decodeProtectedHeader(good), alg: 'ES256', ...header })
      .sign(await importPrivate(key))
  }
})
