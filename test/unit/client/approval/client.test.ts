import { afterEach, describe, expect, test } from 'vitest'
import { approvalApi } from '../../../../src/client/approval/client.ts'
import { dpopProof, newDpopKey, thumbprint } from '../../../../src/client/identity/dpop.ts'
import type { Identity } from '../../../../src/client/identity/types.ts'
import type { ProblemCode } from '../../../../src/contract/problem.ts'
import { type Clock, systemClock } from '../../../../src/platform/clock.ts'
import { greet } from '../../../../src/platform/endpoint-transport.ts'
import { nodeHttp } from '../../../../src/platform/http-node.ts'
import { accessRequest } from '../../../support/access-request.ts'
import { type FakeEndpoint, problem, startFakeEndpoint } from '../../../support/fake-endpoint.ts'

let endpoint: FakeEndpoint
afterEach(() => endpoint.close())

const ME = {
  person: { issuer: 'https://idp', subject: 'alice', name: 'Alice' },
  groups: ['dev'],
  flow: 'browser',
} as const

/** The client against an endpoint that checks proofs and demands a nonce; `clockOffMs`: how far this machine is ahead. */
async function start({ clockOffMs = 0, greets }: { clockOffMs?: number; greets?: 'here' | 'elsewhere' } = {}) {
  endpoint = await startFakeEndpoint({ idp: { issuer: 'https://idp', clients: {}, scopes: [] } })
  const clock: Clock = { ...systemClock, now: () => Date.now() + clockOffMs }
  const key = newDpopKey()
  const asked: boolean[] = []
  const identity: Identity = {
    endpoint: endpoint.url,
    me: ME,
    jkt: thumbprint(key),
    accessToken: async ({ renew }) => `token-${asked.push(renew)}`,
    proof: async ({ clockOffsetMs = 0, ...call }) =>
      dpopProof(key, { ...call, issuedAt: (clock.now() - clockOffsetMs) / 1000, id: `id-${Math.random()}` }),
  }
  const greeted = greets && greet({ endpoint: endpoint.url, http: nodeHttp, clock })
  const elsewhere = async () => ({ endpoint: 'https://other.example', nonce: 'of-another', offsetMs: 10 * 60_000 })
  const early = greeted && { greeted: greets === 'here' ? greeted : elsewhere() }
  return { api: approvalApi({ identity, http: nodeHttp, clock, platform: 'linux', ...early }), asked, endpoint }
}
const lines = () => endpoint.seen.map(({ method, url, body }) => `${method} ${url} ${body}`.trim())

describe('a call', () => {
  test('is proved for its token, fetches a nonce once and keeps it', async () => {
    const { api } = await start()
    endpoint.route('GET /v1/me', () => ({ json: ME }))
    expect(await api.me()).toEqual(ME)
    expect(await api.me()).toEqual(ME)
    expect(lines()).toEqual(['GET /v1/me', 'GET /v1/me', 'GET /v1/me'])
  })

  test('after a greeting goes through at once: nonce and time of the endpoint are known', async () => {
    const { api } = await start({ clockOffMs: 60_000, greets: 'here' })
    endpoint.route('GET /v1/me', () => ({ json: ME }))
    expect(await api.me()).toEqual(ME)
    expect(lines()).toEqual(['GET /v1/health', 'GET /v1/me'])
    expect(Math.abs(api.clockOffsetMs() - 60_000)).toBeLessThan(20_000)
  })

  test('believes no greeting of another endpoint', async () => {
    const { api } = await start({ greets: 'elsewhere' })
    endpoint.route('GET /v1/me', () => ({ json: ME }))
    expect(await api.me()).toEqual(ME)
    expect(lines().filter((line) => line === 'GET /v1/me')).toHaveLength(2)
  })

  test('works where nobody answers the greeting', async () => {
    const { api } = await start({ greets: 'here' })
    endpoint.route('GET /v1/me', () => ({ json: ME }))
    expect(await api.me()).toEqual(ME)
    const nobody = { endpoint: 'http://127.0.0.1:1', http: nodeHttp, clock: systemClock }
    expect(await greet(nobody)).toBeUndefined()
  })

  test('that gets no nonce right gives up after the second try', async () => {
    const { api } = await start()
    endpoint.route('GET /v1/me', () => problem('use_dpop_nonce', 'Another nonce is wanted.'))
    await expect(api.me()).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
    expect(endpoint.seen.length).toBeLessThanOrEqual(3)
  })

  test('with a spent token is renewed once, then sent again', async () => {
    const { api, asked } = await start()
    endpoint.route('GET /v1/me', (_call, nth) => (nth === 0 ? problem('invalid_token', 'spent') : { json: ME }))
    expect(await api.me()).toEqual(ME)
    expect(asked).toEqual([false, true])
  })

  test('that stays refused asks for a login', async () => {
    const { api, asked } = await start()
    endpoint.route('GET /v1/me', () => problem('invalid_token', 'The token is spent.'))
    await expect(api.me()).rejects.toMatchObject({ code: 'LOGIN_NEEDED', message: 'The token is spent.' })
    expect(asked).toEqual([false, true])
  })

  test('goes where the contract says, whatever the ids hold', async () => {
    const { api } = await start()
    const request = accessRequest()
    const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } as const
    const grant = {
      id: 'g',
      requestId: 'r',
      target: 't',
      state: 'active',
      startsAt: request.createdAt,
      endsAt: request.expiresAt,
    }
    const asking = { targets: ['prod-db'], durationSeconds: 60, reason: 'why', host: 'laptop' }
    const routes: [string, unknown][] = [
      ['GET /v1/targets', { targets: [] }],
      ['POST /v1/requests/explain', { targets: [] }],
      ['POST /v1/requests', request],
      ['GET /v1/requests/a%2F..%2Fb', request],
      ['GET /v1/requests', { requests: [request] }],
      ['POST /v1/requests/r/approve', request],
      ['POST /v1/requests/r/deny', request],
      ['POST /v1/requests/r/cancel', request],
      ['POST /v1/grants/g/credentials', { grant, credentials: [] }],
      ['POST /v1/grants/g/end', grant],
    ]
    for (const [route, json] of routes) endpoint.route(route, () => ({ json }))
    await api.targets()
    expect(await api.explain(asking)).toEqual({ targets: [] })
    expect(await api.ask(asking, 'key-1')).toEqual(request)
    expect(await api.request('a/../b', 25)).toEqual(request)
    expect(await api.requests('mine')).toEqual([request])
    expect(await api.requests('to-review')).toEqual([request])
    await api.approve('r')
    await api.deny('r', 'no')
    await api.cancel('r')
    expect(await api.credentials('g', key)).toEqual({ grant, credentials: [] })
    expect(await api.endGrant('g')).toEqual(grant)
    expect(lines().slice(1)).toEqual([
      'GET /v1/targets',
      `POST /v1/requests/explain ${JSON.stringify(asking)}`,
      `POST /v1/requests ${JSON.stringify(asking)}`,
      'GET /v1/requests/a%2F..%2Fb?wait=25',
      'GET /v1/requests?which=mine',
      'GET /v1/requests?which=to-review',
      'POST /v1/requests/r/approve',
      'POST /v1/requests/r/deny {"reason":"no"}',
      'POST /v1/requests/r/cancel',
      `POST /v1/grants/g/credentials ${JSON.stringify({ key })}`,
      'POST /v1/grants/g/end',
    ])
    expect(endpoint.seen.find(({ url, method }) => url === '/v1/requests' && method === 'POST')?.headers).toMatchObject(
      {
        'idempotency-key': 'key-1',
        'content-type': 'application/json',
      },
    )
  })
})

describe('a refusal', () => {
  test.each<[ProblemCode, string]>([
    ['invalid_request', 'USAGE'],
    ['invalid_dpop_proof', 'ENDPOINT_REFUSED'],
    ['insufficient_user_authentication', 'STEP_UP_NEEDED'],
    ['denied', 'DENIED'],
    ['not_found', 'NOT_FOUND'],
    ['conflict', 'CONFLICT'],
    ['grant_not_started', 'NO_DECISION'],
    ['grant_ended', 'GRANT_ENDED'],
    ['too_large', 'USAGE'],
    ['rate_limited', 'ENDPOINT_REFUSED'],
    ['internal', 'ENDPOINT_REFUSED'],
    ['cloud_refused', 'CLOUD_REFUSED'],
    ['cloud_unavailable', 'CLOUD_UNAVAILABLE'],
  ])('%s is %s, in the endpoint’s own words', async (code, expected) => {
    const { api } = await start()
    endpoint.route('GET /v1/me', () => problem(code, 'What happened.', 'What to type.'))
    await expect(api.me()).rejects.toMatchObject({ code: expected, message: 'What happened.', hint: 'What to type.' })
    endpoint.route('GET /v1/me', () => problem(code, 'What happened.'))
    await expect(api.me()).rejects.toMatchObject({ hint: expect.stringMatching(/./) })
  })

  test('cannot write to the terminal', async () => {
    const { api } = await start()
    endpoint.route('GET /v1/me', () => problem('denied', 'no\u001b]0;x\u0007', '\u009b2Jtype'))
    await expect(api.me()).rejects.toMatchObject({ message: 'no]0;x', hint: '2Jtype' })
  })
})

describe('an answer that is none', () => {
  const page = { text: '<html>Sign in', headers: { 'content-type': 'text/html' } }
  test.each([
    ['a page', page, 'ENDPOINT_INVALID'],
    ['a page with an error status', { ...page, status: 403 }, 'ENDPOINT_INVALID'],
    ['JSON of another shape', { json: { person: 'alice' } }, 'ENDPOINT_INVALID'],
    [
      'a problem of another program',
      { status: 404, json: { title: 'x' }, headers: { 'content-type': 'application/problem+json' } },
      'ENDPOINT_INVALID',
    ],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example/' } }, 'ENDPOINT_INVALID'],
    ['a gateway’s error', { ...page, status: 502 }, 'ENDPOINT_UNREACHABLE'],
  ])('%s', async (_name, answer, code) => {
    const { api } = await start()
    endpoint.route('GET /v1/me', () => answer)
    await expect(api.me()).rejects.toMatchObject({ code, message: expect.stringContaining('127.0.0.1:') })
  })

  test.each(['default', 'default-kept-by-jit-g-1'])('because a profile would be called %s', async (profile) => {
    const { api } = await start()
    const { id: requestId, createdAt: startsAt, expiresAt: endsAt } = accessRequest()
    const grant = { id: 'g_1', requestId, target: 'prod-db', state: 'active', startsAt, endsAt }
    const answer = { grant, credentials: [{ cloud: 'aws', profile, jwe: 'a..b.c.d' }] }
    endpoint.route('POST /v1/grants/g_1/credentials', () => ({ json: answer }))
    await expect(api.credentials('g_1', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' })).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
    })
  })

  test('because nobody is there names host and cause', async () => {
    const { api } = await start()
    await endpoint.close()
    await expect(api.me()).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      message: expect.stringMatching(
        /^The approval endpoint cannot be reached: 127\.0\.0\.1:\d+ refused the connection\.$/,
      ),
    })
  })

  test('because the caller stopped waiting', async () => {
    const { api } = await start()
    const abort = new AbortController()
    endpoint.route('GET /v1/requests/r', () => {
      abort.abort()
      return new Promise<never>(() => undefined)
    })
    await expect(api.request('r', 25, abort.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})

describe('a clock that is off', () => {
  test('by two minutes is corrected in the proofs', async () => {
    const { api } = await start({ clockOffMs: 120_000 })
    endpoint.route('GET /v1/me', () => ({ json: ME }))
    expect(await api.me()).toEqual(ME)
    expect(Math.abs(api.clockOffsetMs() - 120_000)).toBeLessThan(20_000)
  })

  test.each([
    [7 * 60_000, 'The clock of this machine is 7 minutes ahead.'],
    [-3 * 3_600_000, 'The clock of this machine is 3 hours behind.'],
    [100 * 86_400_000, 'The clock of this machine is 100 days ahead.'],
  ])('by %i ms is an error that says how to set it', async (clockOffMs, message) => {
    const { api } = await start({ clockOffMs })
    endpoint.route('GET /v1/me', () => ({ json: ME }))
    await expect(api.me()).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
      message,
      hint: expect.stringContaining('timedatectl'),
    })
  })

  test('does not keep anybody from ending a grant', async () => {
    const { api } = await start({ clockOffMs: 3_600_000 })
    const grant = {
      id: 'g',
      requestId: 'r',
      target: 't',
      state: 'ended',
      startsAt: '2026-11-22T01:00:00Z',
      endsAt: '2026-11-22T02:00:00Z',
    }
    endpoint.route('POST /v1/grants/g/end', () => ({ json: grant }))
    expect(await api.endGrant('g')).toEqual(grant)
  })
})
