import { describe, expect, test } from 'vitest'
import { readChannelAnswer } from '../../../../src/contract/channel.ts'
import { readDiscovery, readHealth } from '../../../../src/contract/discovery.ts'
import { readCredentialsAnswer, readGrant } from '../../../../src/contract/grant.ts'
import { record } from '../../../../src/contract/narrow.ts'
import { readProblem } from '../../../../src/contract/problem.ts'
import { readReceiptAnswer } from '../../../../src/contract/receipt.ts'
import { readAccessRequest, readAccessRequests, readExplanation } from '../../../../src/contract/request.ts'
import { readSessionAnswer } from '../../../../src/contract/session.ts'
import { readStop, readStopAnswer, readStops } from '../../../../src/contract/stop.ts'
import { readTargets } from '../../../../src/contract/target.ts'
import { Refusal } from '../../../../src/server/refusal.ts'
import { send } from '../../../support/api-caller.ts'
import { eventually } from '../../../support/eventually.ts'
import { aGrant, alice, aRequest, aStop, ENDPOINT, fakeServices } from '../../../support/fake-services.ts'
import { id, loggedIn, newRequest, started } from '../../../support/running-api.ts'
import { serving } from '../../../support/serving.ts'

describe('what anybody may read', () => {
  test('what a CLI must know', async () => {
    const { port } = await started()
    const { json } = await send(port, '/.well-known/jit-configuration', {})
    expect(readDiscovery(json, 'discovery')).toEqual({
      protocol: 1,
      endpoint: ENDPOINT,
      idp: {
        issuer: 'https://idp.test',
        clients: { browser: 'jit-browser', device: 'jit-device' },
        scopes: ['openid'],
      },
    })
  })

  test('what clouds look at: discovery and keys, with caching allowed', async () => {
    const { port } = await started()
    const discovery = await send(port, '/.well-known/openid-configuration', {})
    expect(discovery.json).toEqual({
      issuer: ENDPOINT,
      jwks_uri: `${ENDPOINT}/jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      claims_supported: expect.arrayContaining(['iss', 'sub', 'aud', 'exp', 'iat']),
    })
    const keys = await send(port, '/jwks.json', {})
    expect(keys.json['keys']).toHaveLength(2)
    expect(keys.headers['cache-control']).toBe('public, max-age=300')
  })

  test('health', async () => {
    const { port } = await started()
    expect(readHealth((await send(port, '/v1/health', {})).json, 'health')).toEqual({ status: 'ok' })
  })
})

describe('a login', () => {
  test('asks for a nonce first and then gives a token for the key of the proof', async () => {
    const { caller } = await started()
    const first = await caller.once('/v1/sessions', { method: 'POST', body: { idToken: 'id.token.here' } })
    expect(first.status).toBe(401)
    expect(readProblem(first.json, 'problem').code).toBe('use_dpop_nonce')
    expect(first.headers['www-authenticate']).toMatch(/^DPoP error="use_dpop_nonce", /)
    const answer = readSessionAnswer((await caller.login('id.token.here')).json, 'session')
    expect(answer).toMatchObject({
      expiresInSeconds: 600,
      me: { person: alice.person, groups: ['dev'], flow: 'browser' },
    })
  })

  test('that the IdP token does not allow says why', async () => {
    const verifyIdToken = async () => {
      throw new Refusal('invalid_token', 'The ID token was used before.', 'Log in again: jit login')
    }
    const { caller } = await started({ verifyIdToken })
    const { status, json } = await caller.login('id.token.here')
    expect([status, json['detail'], json['hint']]).toEqual([
      401,
      'The ID token was used before.',
      'Log in again: jit login',
    ])
  })
})

const wiped = { outcome: 'wiped', at: '2026-11-21T12:30:00Z', machine: 'mac-1' }
const now = { grants: [aGrant.id], waitSeconds: 0 }
const killAll = { scope: 'all', reason: 'incident 42' }

describe('every route', () => {
  const routes: readonly [string, string, unknown, string, readonly unknown[]][] = [
    ['GET', '/v1/requests?which=to-review', undefined, 'list', ['to-review']],
    ['POST', '/v1/requests/explain', newRequest, 'explain', [newRequest]],
    ['GET', `/v1/requests/${id}`, undefined, 'get', [id]],
    ['GET', `/v1/requests/${id}?wait=0`, undefined, 'get', [id]],
    ['POST', `/v1/requests/${id}/approve`, undefined, 'approve', [id]],
    ['POST', `/v1/requests/${id}/approve`, {}, 'approve', [id]],
    ['POST', `/v1/requests/${id}/deny`, { reason: 'no' }, 'deny', [id, 'no']],
    ['POST', `/v1/requests/${id}/cancel`, undefined, 'cancel', [id]],
    ['POST', `/v1/grants/${aGrant.id}/end`, undefined, 'end', [aGrant.id, 'revoked']],
    ['POST', `/v1/grants/${aGrant.id}/receipts`, wiped, 'receive', [aGrant.id, wiped]],
    [
      'POST',
      `/v1/grants/${aGrant.id}/receipts`,
      { ...wiped, outcome: 'stuck', why: 'EIO' },
      'receive',
      [aGrant.id, { ...wiped, outcome: 'stuck', why: 'EIO' }],
    ],
    ['POST', '/v1/channel', now, 'channel', [now]],
    ['POST', '/v1/stops', killAll, 'throwStop', [killAll]],
    ['GET', '/v1/stops', undefined, 'listStops', []],
    ['POST', `/v1/stops/${aStop.id}/lift`, undefined, 'liftStop', [aStop.id]],
  ]
  test.each(routes)('%s %s %j is heard as %s %j', async (method, path, body, call, args) => {
    const { caller, heard } = await loggedIn()
    expect((await caller.call(path, { method, body })).status).toBe(200)
    expect(heard).toEqual([{ call, args, caller: { ...alice, jkt: caller.key.jkt, address: '127.0.0.1' } }])
  })

  test('answers in the shapes that the CLI reads', async () => {
    const { caller } = await loggedIn()
    const json = async (path: string, method = 'GET', body?: unknown) =>
      (await caller.call(path, { method, body })).json
    const key = { kty: 'EC', crv: 'P-256', x: caller.key.jwk.x, y: caller.key.jwk.y }
    expect(readAccessRequest((await caller.ask(newRequest)).json, 'r')).toEqual(aRequest)
    expect(readAccessRequests(await json('/v1/requests?which=mine'), 'r')).toEqual({ requests: [aRequest] })
    expect(readExplanation(await json('/v1/requests/explain', 'POST', newRequest), 'e').targets).toHaveLength(1)
    expect(readGrant(await json(`/v1/grants/${aGrant.id}/end`, 'POST'), 'g').state).toBe('ended')
    expect(readChannelAnswer(await json('/v1/channel', 'POST', { ...now, grants: ['g_x'] }), 'c')).toEqual({
      ended: [{ grant: 'g_x', reason: 'revoked' }],
    })
    expect(readReceiptAnswer(await json(`/v1/grants/${aGrant.id}/receipts`, 'POST', wiped), 'r')).toBeDefined()
    expect(readStopAnswer(await json('/v1/stops', 'POST', killAll), 's')).toMatchObject({ stop: aStop, endedGrants: 2 })
    expect(readStops(await json('/v1/stops'), 's').stops).toEqual([aStop])
    expect(readStop(await json(`/v1/stops/${aStop.id}/lift`, 'POST'), 's').liftedAt).toBeDefined()
    const answer = await json(`/v1/grants/${aGrant.id}/credentials`, 'POST', { key })
    expect(readCredentialsAnswer(answer, 'c').credentials).toHaveLength(1)
  })

  test.each([
    ['/v1/channel', { ...now, waitSeconds: 26 }],
    ['/v1/channel', { grants: Array.from({ length: 101 }, (_, i) => `g_${i}`), waitSeconds: 0 }],
    ['/v1/channel', { grants: 'g_1', waitSeconds: 0 }],
    ['/v1/stops', { scope: 'everything', reason: 'x' }],
    ['/v1/stops', { scope: 'all' }],
    ['/v1/stops', { ...killAll, force: true }],
    [`/v1/grants/${aGrant.id}/receipts`, { ...wiped, outcome: 'gone' }],
    [`/v1/grants/${aGrant.id}/receipts`, { ...wiped, at: 'yesterday' }],
    [`/v1/grants/${aGrant.id}/receipts`, { ...wiped, machine: 'm'.repeat(65) }],
  ])('%s refuses %j', async (path, body) => {
    const { caller, heard } = await loggedIn()
    const { status, json } = await caller.call(path, { method: 'POST', body })
    expect([status, json['code'], heard]).toEqual([400, 'invalid_request', []])
  })

  test('a machine that waits for news is answered when the endpoint is asked to stop', async () => {
    const { caller, heard, stop } = await loggedIn()
    const waiting = caller.call('/v1/channel', { method: 'POST', body: { ...now, waitSeconds: 25 } })
    expect(await eventually(() => heard.length, 1)).toBe(1)
    stop.abort()
    expect(readChannelAnswer((await waiting).json, 'c')).toEqual({ ended: [] })
  })

  test('calls for news of grants are counted apart, so that neither kind starves the other', async () => {
    const [one, none] = [
      { burst: 1, perSecond: 0.001 },
      { burst: 100, perSecond: 1 },
    ]
    const { caller } = await loggedIn({ services: { rates: { person: one, channel: none, address: none } } })
    for (let i = 0; i < 3; i++)
      expect((await caller.call('/v1/channel', { method: 'POST', body: now })).status).toBe(200)
    expect((await caller.call('/v1/me')).status).toBe(200)
    expect((await caller.call('/v1/me')).status).toBe(429)
  })

  test('targets that no policy permits are not listed', async () => {
    const { caller } = await loggedIn()
    const { targets } = readTargets((await caller.call('/v1/targets')).json, 'targets')
    expect(targets).toEqual([
      {
        name: 'prod-db',
        maxDurationSeconds: 3600,
        approval: { kind: 'automatic' },
        access: [
          {
            cloud: 'aws',
            account: '111122223333',
            role: 'arn:aws:iam::111122223333:role/jit',
            profile: 'jit-prod-db',
            region: 'eu-central-1',
          },
        ],
      },
    ])
  })

  test.each([
    ...routes.map(([method, path, body]) => [method, path, body] as const),
    ['GET', '/v1/me', undefined] as const,
    ['GET', '/v1/targets', undefined] as const,
    ['POST', '/v1/requests', newRequest] as const,
    ['POST', `/v1/grants/${aGrant.id}/credentials`, {}] as const,
  ])('%s %s %j without a token is refused before anything else is looked at', async (method, path, body) => {
    const { port, heard } = await started()
    const { status, json, headers } = await send(port, path, { method, body })
    expect([status, json['code']]).toEqual([401, 'invalid_token'])
    expect(headers['www-authenticate']).toMatch(/^DPoP error="invalid_token"/)
    expect(heard).toEqual([])
  })
})

describe('an endpoint below a path', () => {
  test('is served and proved there', async () => {
    const fake = await fakeServices()
    const endpoint = `${ENDPOINT}/jit`
    const { port } = await serving({ ...fake.services, config: { ...fake.services.config, endpoint } })
    expect((await send(port, '/jit/v1/health', {})).status).toBe(200)
    expect((await send(port, '/v1/health', {})).status).toBe(404)
    const { json } = await send(port, '/jit/.well-known/openid-configuration', {})
    expect(json).toMatchObject({ issuer: endpoint, jwks_uri: `${endpoint}/jwks.json` })
  })
})

describe('the OpenAPI document', () => {
  test('names every route with its schema, in version 3.1', async () => {
    const { port } = await started()
    const { json } = await send(port, '/openapi.json', {})
    expect(json['openapi']).toBe('3.1.0')
    expect(Object.keys(record(json['paths'], 'paths')).toSorted()).toEqual([
      '/.well-known/jit-configuration',
      '/.well-known/openid-configuration',
      '/jwks.json',
      '/v1/channel',
      '/v1/grants/{id}/credentials',
      '/v1/grants/{id}/end',
      '/v1/grants/{id}/receipts',
      '/v1/health',
      '/v1/me',
      '/v1/requests',
      '/v1/requests/explain',
      '/v1/requests/{id}',
      '/v1/requests/{id}/approve',
      '/v1/requests/{id}/cancel',
      '/v1/requests/{id}/deny',
      '/v1/sessions',
      '/v1/stops',
      '/v1/stops/{id}/lift',
      '/v1/targets',
    ])
    expect(json['components']).toMatchObject({
      schemas: {
        NewRequest: { required: ['targets', 'durationSeconds', 'reason', 'host'], additionalProperties: false },
      },
      securitySchemes: { dpop: { scheme: 'DPoP' } },
    })
  })
})
