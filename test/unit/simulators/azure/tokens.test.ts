import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUDIENCE, CLIENT, SUBJECT, TENANT } from '../../../support/azure-account.ts'
import { standingTime } from '../../../support/standing-time.ts'
import { ARM, ARM_SCOPE, askToken, LOGIN, startWorld, stopWorld, tokenFor, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => stopWorld(world))

const GRAPH_SCOPE = 'https://graph.microsoft.com/.default'
const CP1 = '{"access_token":{"xms_cc":{"values":["CP1"]}}}'
const codesOf = async (defect = {}, at = world): Promise<unknown> =>
  (await askToken(at, defect)).json['error_codes'] ?? 'a token'

describe('discovery', () => {
  test.each([TENANT, 'corp.example'])('names the token endpoint of tenant %s by its GUID', async (tenant) => {
    const { status, json } = await world.server.call(`${LOGIN}/${tenant}/v2.0/.well-known/openid-configuration`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      token_endpoint: `${LOGIN}/${TENANT}/oauth2/v2.0/token`,
      issuer: `${LOGIN}/${TENANT}/v2.0`,
    })
  })

  test('of instances knows the aliases of the public cloud, and no other host', async () => {
    const ask = (endpoint: string) =>
      world.server.call(
        `${LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`,
      )
    expect((await ask(`https://login.windows.net/${TENANT}/oauth2/v2.0/authorize`)).json).toMatchObject({
      tenant_discovery_endpoint: `${LOGIN}/${TENANT}/v2.0/.well-known/openid-configuration`,
    })
    expect((await ask('https://login.evil.example/x')).json).toMatchObject({ error: 'invalid_instance' })
  })
})

describe('an access token', () => {
  test('lives 60 to 90 minutes by chance, however short the assertion', async () => {
    const lives = await Promise.all(Array.from({ length: 20 }, async () => (await askToken(world)).json['expires_in']))
    for (const seconds of lives) expect(seconds).toSatisfy((each: number) => each >= 3599 && each < 5400)
    expect(new Set(lives).size).toBeGreaterThan(1)
  })

  test('lives as long as the tenant’s policy says', async () => {
    const tenant = await startWorld({ tokenSeconds: 600 })
    expect((await askToken(tenant)).json).toMatchObject({ token_type: 'Bearer', expires_in: 599, ext_expires_in: 599 })
    await stopWorld(tenant)
  })

  test('lives a day where the client says it handles claims challenges, but for Microsoft Graph alone', async () => {
    const life = async (scope: string): Promise<unknown> =>
      (await askToken(world, { form: { scope, claims: CP1 } })).json['expires_in']
    expect(await life(GRAPH_SCOPE)).toBe(86_399)
    expect(await life(ARM_SCOPE)).toBeLessThan(5400)
  })

  test('is opaque, and another one each time', async () => {
    const [one, two] = [await tokenFor(world), await tokenFor(world)]
    expect(one).not.toBe(two)
    expect(one).not.toContain(Buffer.from('"aud"').toString('base64url').slice(0, 4))
  })

  test('is given for the same assertion again and again: Entra keeps no jti', async () => {
    const assertion = await world.issuer.sign({ iss: world.issuer.url, sub: SUBJECT, aud: AUDIENCE, exp: 4e9 })
    for (const _ of [1, 2, 3]) expect(await codesOf({ assertion: () => assertion })).toBe('a token')
  })
})

describe('keys of the issuer', () => {
  test('come over HTTP once in five minutes, so a key that was just published is not known yet', async () => {
    const fresh = await startWorld()
    await askToken(fresh)
    await askToken(fresh)
    expect(fresh.issuer.keyFetches()).toBe(1)

    fresh.issuer.rotate(true)
    expect(await codesOf({}, fresh)).toEqual([700027])
    fresh.azure.clock.advance(300)
    expect(await codesOf({}, fresh)).toBe('a token')
    expect(fresh.issuer.keyFetches()).toBe(2)
    await stopWorld(fresh)
  })

  test.each([
    ['names another issuer', { issuer: 'https://jit.corp.example' }],
    ['has no key set', { jwks_uri: undefined }],
    ['sends it to nowhere', { jwks_uri: 'http://127.0.0.1:1/jwks.json' }],
    ['names a key set that is no JSON', { jwks_uri: 'file:///etc/passwd' }],
  ])('are not had where the discovery document %s', async (_name, members) => {
    const fresh = await startWorld()
    fresh.issuer.setDiscovery(members)
    const { status, json } = await askToken(fresh)
    expect({ status, ...json }).toMatchObject({
      status: 400,
      error: 'invalid_request',
      error_codes: [50166],
      error_description: expect.stringMatching(/^AADSTS50166: Request to External OIDC endpoint failed\./),
    })
    await stopWorld(fresh)
  })

  test('are not asked of loopback, unless a test says so', async () => {
    const fresh = await startWorld({ allowLoopbackIssuers: false })
    expect(await codesOf({}, fresh)).toEqual([50166])
    await stopWorld(fresh)
  })
})

describe('a federated credential', () => {
  test('works only after it has spread: 70021 until then', async () => {
    const young = await startWorld({ propagationSeconds: { federatedCredentials: 90 } })
    const { status, json } = await askToken(young)
    expect({ status, ...json }).toMatchObject({ status: 400, error: 'invalid_request', error_codes: [70021] })
    expect(json['error_description']).toMatch(
      `AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: '${young.issuer.url}'. Assertion Subject: 'jit:prod-db'. Assertion Audience: 'api://AzureADTokenExchange'.`,
    )
    young.azure.clock.advance(90)
    expect(await codesOf({}, young)).toBe('a token')
    await stopWorld(young)
  })

  test('that was added or removed is seen after the same delay', async () => {
    const fresh = await startWorld()
    const web = { claims: { sub: 'jit:prod-web' } }
    fresh.azure.setPropagation('federatedCredentials', 60)
    fresh.azure.addFederatedCredential(CLIENT, {
      name: 'web',
      issuer: fresh.issuer.url,
      subject: 'jit:prod-web',
      audiences: [AUDIENCE],
    })
    expect(await codesOf(web, fresh)).toEqual([700213])
    fresh.azure.clock.advance(60)
    expect(await codesOf(web, fresh)).toBe('a token')

    fresh.azure.removeFederatedCredential(CLIENT, 'web')
    expect(await codesOf(web, fresh)).toBe('a token')
    fresh.azure.clock.advance(60)
    expect(await codesOf(web, fresh)).toEqual([700213])
    await stopWorld(fresh)
  })
})

describe('times', () => {
  test('go by the clock of the cloud, not by that of the client', async () => {
    const fresh = await startWorld({}, standingTime())
    const assertion = await fresh.issuer.sign({
      iss: fresh.issuer.url,
      sub: SUBJECT,
      aud: AUDIENCE,
      exp: fresh.azure.clock.now() / 1000 + 120,
    })
    fresh.azure.clock.advance(119)
    expect(await codesOf({ assertion: () => assertion }, fresh)).toBe('a token')
    fresh.azure.clock.advance(1)
    expect(await codesOf({ assertion: () => assertion }, fresh)).toEqual([700024])
    await stopWorld(fresh)
  })
})

describe('a refusal', () => {
  test('has the shape of Entra’s, with the correlation id of the caller', async () => {
    const id = '7f9a2b60-1c1f-4f53-9a79-6a5a1a3a9d10'
    const { json } = await askToken(world, {
      claims: { sub: 'x' },
      call: { headers: { 'client-request-id': id, 'content-type': 'application/x-www-form-urlencoded' } },
    })
    expect(json).toEqual({
      error: 'invalid_client',
      error_description: expect.stringContaining(`Correlation ID: ${id}`),
      error_codes: [700213],
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlation_id: id,
      error_uri: 'https://login.microsoftonline.com/error?code=700213',
    })
  })
})

describe('throttling', () => {
  test('answers 429 with Retry-After in the words of each service, then stops', async () => {
    const fresh = await startWorld()
    const { azure, server } = fresh
    azure.throttle(3, 7)
    const refusals = [
      await askToken(fresh),
      await server.call(`${ARM}/subscriptions?api-version=2022-12-01`),
      await server.call('https://graph.microsoft.com/v1.0/organization'),
    ]
    for (const { status, headers } of refusals)
      expect({ status, after: headers['retry-after'] }).toEqual({ status: 429, after: '7' })
    expect(refusals.map(({ json }) => json['error'])).toEqual([
      'temporarily_unavailable',
      expect.objectContaining({ code: 'TooManyRequests' }),
      expect.objectContaining({ code: 'TooManyRequests' }),
    ])
    expect(await codesOf({}, fresh)).toBe('a token')
    await stopWorld(fresh)
  })
})

describe('the log of requests', () => {
  test('names caller and outcome, and holds no assertion and no token', async () => {
    const fresh = await startWorld()
    const assertion = await fresh.issuer.sign({ iss: fresh.issuer.url, sub: SUBJECT, aud: AUDIENCE, exp: 4e9 })
    const token = await tokenFor(fresh, ARM_SCOPE, { assertion: () => assertion })
    await askToken(fresh, { form: { client_secret: 'hunter2' } })
    await fresh.server.call(`${ARM}/subscriptions?api-version=2022-12-01`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const log = JSON.stringify(fresh.azure.requests)
    expect(fresh.azure.requests).toMatchObject([
      { host: 'login.microsoftonline.com', outcome: 'ok', caller: CLIENT, parameters: { scope: ARM_SCOPE } },
      { outcome: '7000215', status: 401 },
      { host: 'management.azure.com', path: '/subscriptions', outcome: 'ok', caller: CLIENT },
    ])
    for (const secret of [assertion, token, 'hunter2']) expect(log).not.toContain(secret)
    await stopWorld(fresh)
  })
})
