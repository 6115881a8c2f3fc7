import * as fc from 'fast-check'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Person } from '../../../../src/contract/person.ts'
import { systemRandom } from '../../../../src/platform/random.ts'
import type { Issue } from '../../../../src/server/approvals/types.ts'
import { awsName } from '../../../../src/server/tokens/aws-name.ts'
import { ensureKeys } from '../../../../src/server/tokens/key-ring.ts'
import { makeTokens } from '../../../../src/server/tokens/tokens.ts'
import { azureTo, gcpTo, kubernetesTo, PROVIDER, SERVICE_ACCOUNT } from '../../../support/cloud-targets.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { memoryKeys } from '../../../support/memory-keys.ts'

const ISSUER = 'https://jit.corp.example'
const alice: Person = {
  issuer: 'https://idp.example',
  subject: 'alice',
  name: 'Alice Adams',
  email: 'alice@corp.example',
}
const clock = manualClock()
const now = clock.now() / 1000
const keys = memoryKeys()
await ensureKeys(keys, clock)
const tokens = makeTokens({ issuer: ISSUER, keys, clock, random: systemRandom, awsName })

const at = (seconds: number): string => new Date(clock.now() + seconds * 1000).toISOString()
const issue = ({ seconds = 4 * 3600, target = 'prod-db', holder = alice } = {}): Issue => ({
  grant: { id: 'g_1', requestId: 'r_1', target, state: 'active', startsAt: at(0), endsAt: at(seconds) },
  holder,
  leaf: 7,
  nowMs: clock.now(),
})
async function verified(token: string, audience: string) {
  const trusted = createLocalJWKSet(structuredClone(await tokens.jwks()) as { keys: [] })
  return jwtVerify(token, trusted, { currentDate: new Date(clock.now()), issuer: ISSUER, audience })
}
const header = { alg: 'RS256', typ: 'jit-grant+jwt', kid: expect.any(String) }
const jti = expect.stringMatching(/^gt_[0-9a-z]{26}$/)
const past = { iss: ISSUER, jti, iat: now - 30, nbf: now - 30 }

describe('grant tokens for Google Cloud', () => {
  const audience = `//iam.googleapis.com/${PROVIDER}`

  test('name provider, target and person, live for the slice, and verify against the published keys', async () => {
    const { token, subject } = await tokens.gcpGrantToken(issue(), gcpTo(), at(3600))
    const { payload, protectedHeader } = await verified(token, audience)
    expect(protectedHeader).toEqual(header)
    expect(payload).toEqual({
      ...past,
      sub: subject,
      aud: audience,
      exp: now + 3600,
      jit: { grant: 'g_1', leaf: 7, target: 'prod-db' },
    })
    expect(subject).toBe(`jit:prod-db:${awsName(alice)}`) // one name in the logs of both clouds
  })

  test.each([
    ['a short slice', { seconds: 7200 }, 900, gcpTo(), 900],
    ['the end of the grant', { seconds: 300 }, 3600, gcpTo(), 300],
    ['an hour, whatever is asked', { seconds: 7200 }, 7200, gcpTo(), 3600],
    ['two minutes where the endpoint exchanges them', {}, 3600, gcpTo({ serviceAccount: SERVICE_ACCOUNT }), 120],
    ['less, at the end', { seconds: 45 }, 45, gcpTo({ serviceAccount: SERVICE_ACCOUNT }), 45],
  ])('live until %s', async (_until, grant, slice, access, life) => {
    const { token } = await tokens.gcpGrantToken(issue(grant), access, at(slice))
    expect(decodeJwt(token).exp).toBe(now + life)
  })

  test("have a subject of at most 127 bytes that starts with the whole target, whatever a person's name is", async () => {
    const person = fc.record({
      issuer: fc.webUrl(),
      subject: fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
      name: fc.string(),
    })
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/), person, async (target, holder) => {
        const { subject } = await tokens.gcpGrantToken(issue({ target, holder }), gcpTo(), at(900))
        expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(127)
        expect(subject).toMatch(new RegExp(`^jit:${target}:[\\w+,.@-]*=[0-9a-v]{12}$`))
      }),
      { numRuns: 40 },
    )
  })

  test('tell two people of one long name apart', async () => {
    const target = 't'.repeat(63)
    const named = (subject: string): Person => ({ issuer: 'https://idp.example', subject, name: 'A' })
    const [a, b] = await Promise.all(
      [`${'x'.repeat(80)}1`, `${'x'.repeat(80)}2`].map((subject) =>
        tokens.gcpGrantToken(issue({ target, holder: named(subject) }), gcpTo(), at(900)),
      ),
    )
    expect(a?.subject).not.toBe(b?.subject)
    expect(a?.subject).toHaveLength(127) // as long as Google takes
  })
})

describe('grant tokens for Azure', () => {
  test('are the same for everybody but for their id, and short', async () => {
    const { payload, protectedHeader } = await verified(
      await tokens.azureGrantToken(issue(), azureTo()),
      'api://AzureADTokenExchange',
    )
    expect(protectedHeader).toEqual(header)
    expect(payload).toEqual({
      ...past,
      sub: 'jit:prod-db',
      aud: 'api://AzureADTokenExchange',
      exp: now + 120,
      jit: { grant: 'g_1', leaf: 7 },
    })
  })
})

describe('grant tokens for Kubernetes', () => {
  test('name cluster, person and groups, and live for the slice', async () => {
    const access = kubernetesTo({ groups: ['jit:prod-db', 'viewers'] })
    const { token, subject } = await tokens.kubernetesGrantToken(issue(), access, at(900))
    const { payload, protectedHeader } = await verified(token, access.audience)
    expect(protectedHeader).toEqual(header)
    expect(payload).toEqual({
      ...past,
      sub: `jit:prod-db:${awsName(alice)}`,
      aud: access.audience,
      exp: now + 900,
      groups: ['jit:prod-db', 'viewers'],
      jit: { grant: 'g_1', leaf: 7 },
    })
    expect(subject).toBe(payload.sub)
  })
})

describe('grant tokens for any cloud', () => {
  const all = (of: Issue) => [
    tokens.awsGrantToken(of, { roleArn: '', account: '', region: '', profile: '', maxSessionSeconds: 0 }, 'sts'),
    tokens.gcpGrantToken(of, gcpTo(), at(900)).then(({ token }) => token),
    tokens.azureGrantToken(of, azureTo()),
    tokens.kubernetesGrantToken(of, kubernetesTo(), at(900)).then(({ token }) => token),
  ]

  test('are signed one by one: no two have an audience or an id in common, none names an authorized party', async () => {
    const claims = (await Promise.all(all(issue()))).map((token) => decodeJwt(token))
    for (const name of ['aud', 'jti']) expect(new Set(claims.map((each) => each[name])).size).toBe(4)
    for (const each of claims) {
      expect(each).not.toHaveProperty('azp') // STS would read it as the audience
      expect(each.aud).toBeTypeOf('string')
    }
  })

  test('are not signed for a grant that is over', async () => {
    const results = await Promise.allSettled(all(issue({ seconds: 0 })))
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'grant_ended' } })
  })

  test('are none of the access tokens that this endpoint takes', async () => {
    for (const token of await Promise.all(all(issue())))
      await expect(tokens.readAccessToken(token)).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
