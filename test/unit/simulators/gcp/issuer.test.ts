import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUDIENCE, grantClaims, PROVIDER } from '../../../support/gcp-organisation.ts'
import { call, exchangeCall } from '../../../support/gcp-request.ts'
import { exchange, STS, startWorld, stopWorld, type World } from './refusals.ts'

const NO_ISSUER = {
  status: 400,
  json: { error: 'invalid_grant', error_description: "Error connecting to the given credential's issuer." },
}

describe('the issuer as Google sees it', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => stopWorld(world))

  test('keys are remembered for 5 minutes, so a key must be published before it signs', async () => {
    const { issuer, gcp } = world
    expect(await exchange(world)).toMatchObject({ status: 200 })
    expect(await exchange(world)).toMatchObject({ status: 200 })
    expect(issuer.keyFetches()).toBe(1)

    issuer.rotate(true)
    expect(await exchange(world)).toMatchObject(NO_ISSUER)
    gcp.clock.advance(300)
    expect(await exchange(world)).toMatchObject({ status: 200 })
    expect(issuer.keyFetches()).toBe(2)

    issuer.rotate(false)
    gcp.clock.advance(300)
    expect(await exchange(world)).toMatchObject(NO_ISSUER)
  })

  test.each([
    ['another issuer', { issuer: 'https://elsewhere.example' }],
    ['no key set', { jwks_uri: undefined }],
    ['a key set on a dead port', { jwks_uri: 'http://127.0.0.1:1/none' }],
    ['a key set that is none', (url: string) => ({ jwks_uri: `${url}/.well-known/openid-configuration` })],
  ])('a discovery document with %s is refused', async (_name, members) => {
    const own = await startWorld()
    own.issuer.setDiscovery(typeof members === 'function' ? members(own.issuer.url) : members)
    expect(await exchange(own)).toMatchObject(NO_ISSUER)
    await stopWorld(own)
  })

  test('plain HTTP on loopback is refused unless the simulator is told otherwise', async () => {
    const own = await startWorld({ more: { allowLoopbackIssuers: false } })
    expect(await exchange(own)).toMatchObject(NO_ISSUER)
    expect(own.issuer.keyFetches()).toBe(0)
    await stopWorld(own)
  })
})

describe('the token service', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => stopWorld(world))

  test('answers with a bearer token and how long it lives', async () => {
    const { status, json } = await exchange(world)
    expect([status, json]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^ya29\.d\.[\w-]{128}$/),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: expect.toSatisfy((seconds: number) => seconds > 1195 && seconds <= 1200),
      },
    ])
  })

  test('takes the same token again, as Google does', async () => {
    const tokens: string[] = []
    const token = (good: string): string => tokens[0] ?? (tokens.push(good), good)
    expect(await exchange(world, { token })).toMatchObject({ status: 200 })
    expect(await exchange(world, { token })).toMatchObject({ status: 200 })
    expect(tokens).toHaveLength(1)
  })

  test('takes JSON with names in camel case', async () => {
    const { body = '', ...good } = exchangeCall(
      await world.issuer.sign(grantClaims(world.issuer.url, world.gcp.clock.now())),
    )
    const camel = Object.fromEntries(
      [...new URLSearchParams(body)].map(([name, value]) => [
        name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
        value,
      ]),
    )
    const headers = { 'content-type': 'application/json' }
    expect(await call(world.server.port, STS, { ...good, headers, body: JSON.stringify(camel) })).toMatchObject({
      status: 200,
    })
  })

  test('takes the provider’s name with and without https: as audience of a token, and id_token as its type', async () => {
    for (const aud of [AUDIENCE, `https:${AUDIENCE}`, [AUDIENCE]])
      expect(await exchange(world, { claims: { aud } })).toMatchObject({ status: 200 })
    const parameters = { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }
    expect(await exchange(world, { parameters })).toMatchObject({ status: 200 })
  })

  test('takes allowed audiences instead of the provider’s name where it has some', async () => {
    const own = await startWorld({ provider: { allowedAudiences: ['jit'] } })
    expect(await exchange(own, { claims: { aud: 'jit' } })).toMatchObject({ status: 200 })
    expect(await exchange(own)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    await stopWorld(own)
  })

  test('takes a clock that is a minute ahead', async () => {
    const iat = Math.floor(world.gcp.clock.now() / 1000) + 55
    expect(await exchange(world, { claims: { iat, nbf: iat } })).toMatchObject({ status: 200 })
  })

  test.each([
    ['no google.subject', { 'attribute.target': 'assertion.jit.target' }, `${PROVIDER} maps no google.subject`],
    [
      'groups',
      { 'google.subject': 'assertion.sub', 'google.groups': 'assertion.groups' },
      'the attribute google.groups',
    ],
    ['an expression that is none', { 'google.subject': 'assertion.' }, 'the expression assertion.'],
    ['a function that it does not know', { 'google.subject': "assertion.sub.extract('{x}')" }, 'the function extract'],
  ])('a provider that maps %s is refused at the start', async (_name, attributeMapping, message) => {
    await expect(startWorld({ provider: { attributeMapping } })).rejects.toThrow(message)
  })
})
