import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAwsSimulator } from '../../../simulators/aws/simulator.ts'
import { ACCOUNT, ALLOW_ALL, awsAccount, policy } from '../../../support/aws-account.ts'
import { element } from '../../../support/aws-request.ts'
import { startIssuer } from '../../../support/issuer.ts'
import { assume, NO_KEY, startWorld, stopWorld, type World } from './refusals.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => stopWorld(world))

describe('AssumeRoleWithWebIdentity', () => {
  test('answers with a session of role and name, and what it took from the token', async () => {
    const { status, text } = await assume(world, { parameters: { Policy: JSON.stringify(policy(ALLOW_ALL)) } })

    expect(status).toBe(200)
    expect(text).toMatch(
      /^<AssumeRoleWithWebIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">/,
    )
    expect(element(text, 'AccessKeyId')).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(element(text, 'Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/prod-db/alice-g_1`)
    expect(element(text, 'AssumedRoleId')).toMatch(/^AROA[0-9A-F]{17}:alice-g_1$/)
    expect(element(text, 'SubjectFromWebIdentityToken')).toBe('jit:prod-db')
    expect(element(text, 'Audience')).toBe('sts.amazonaws.com')
    expect(element(text, 'SourceIdentity')).toBe('alice@corp.example')
    expect(Number(element(text, 'PackedPolicySize'))).toBeGreaterThan(0)
    const seconds = (Date.parse(element(text, 'Expiration') ?? '') - world.aws.clock.now()) / 1000
    expect(seconds).toBeGreaterThan(890)
    expect(seconds).toBeLessThanOrEqual(900)
  })

  test('takes the same token again, as AWS does', async () => {
    const tokens: string[] = []
    const token = (good: string): string => tokens[0] ?? (tokens.push(good), good)
    expect(await assume(world, { token })).toMatchObject({ status: 200 })
    expect(await assume(world, { token })).toMatchObject({ status: 200 })
    expect(tokens).toHaveLength(1)
  })

  test('throttles when told to, then works again', async () => {
    world.aws.throttle(1)
    expect(await assume(world)).toMatchObject({ status: 400, code: 'Throttling', message: 'Rate exceeded' })
    expect(await assume(world)).toMatchObject({ status: 200 })
  })

  test('is recorded without its token', async () => {
    await assume(world)
    const call = { service: 'sts', action: 'AssumeRoleWithWebIdentity', signed: false, outcome: 'ok' }
    expect(world.aws.requests.at(-1)).toMatchObject(call)
    expect(JSON.stringify(world.aws.requests)).not.toContain('eyJ')
  })
})

describe('the issuer as AWS sees it', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => stopWorld(world))

  test('keys are remembered for 5 minutes, so a key must be published before it signs', async () => {
    const { issuer, aws } = world
    expect(await assume(world)).toMatchObject({ status: 200 })
    expect(await assume(world)).toMatchObject({ status: 200 })
    expect(issuer.keyFetches()).toBe(1)

    issuer.rotate(true)
    expect(await assume(world)).toMatchObject({ code: 'InvalidIdentityToken', message: NO_KEY })
    aws.clock.advance(300)
    expect(await assume(world)).toMatchObject({ status: 200 })
    expect(issuer.keyFetches()).toBe(2)

    issuer.rotate(false)
    aws.clock.advance(300)
    expect(await assume(world)).toMatchObject({ code: 'InvalidIdentityToken', message: NO_KEY })
  })

  test.each([
    ['another issuer', { issuer: 'https://elsewhere.example' }, 'InvalidIdentityToken'],
    ['no key set', { jwks_uri: undefined }, 'InvalidIdentityToken'],
    ['no algorithms', { id_token_signing_alg_values_supported: undefined }, 'InvalidIdentityToken'],
    ['a key set on a dead port', { jwks_uri: 'http://127.0.0.1:1/none' }, 'IDPCommunicationError'],
  ])('a discovery document with %s is refused', async (_name, members, code) => {
    const own = await startWorld()
    own.issuer.setDiscovery(members)
    expect(await assume(own)).toMatchObject({ status: 400, code })
    await stopWorld(own)
  })

  test('plain HTTP on loopback is refused unless the simulator is told otherwise', async () => {
    const issuer = await startIssuer()
    const aws = await startAwsSimulator(awsAccount(issuer.url, {}, { allowLoopbackIssuers: false }))
    expect(await assume({ issuer, aws })).toMatchObject({ code: 'InvalidIdentityToken', message: NO_KEY })
    expect(issuer.keyFetches()).toBe(0)
    await stopWorld({ issuer, aws })
  })
})
