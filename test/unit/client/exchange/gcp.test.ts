import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GcpExchangeDeps, gcpAccessToken } from '../../../../src/client/exchange/gcp.ts'
import type { GcpCredential } from '../../../../src/contract/credential.ts'
import { type Http, HttpError, type HttpRequest, type HttpResponse } from '../../../../src/platform/http.ts'
import { hasOpenssl, makeCertificate } from '../../../support/certificate.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { startServer, type TestServer } from '../../../support/http-server.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const MINUTE = 60_000
const SUBJECT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'
const AUDIENCE = '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit/providers/jit'
const FEDERATED: GcpCredential = {
  cloud: 'gcp',
  kind: 'federated',
  project: 'prod-1',
  principal: 'alice@corp.example',
  expiration: '2026-11-21T12:30:00Z',
  notAfter: '2026-11-21T12:30:00Z',
  subjectToken: SUBJECT,
  audience: AUDIENCE,
}
const IMPERSONATED: GcpCredential = {
  cloud: 'gcp',
  kind: 'impersonated',
  project: 'prod-1',
  principal: 'ro@prod-1.iam.gserviceaccount.com',
  expiration: '2026-11-21T13:00:00Z',
  notAfter: '2026-11-21T12:30:00Z',
  accessToken: 'ya29.impersonated-token',
}
const TOKEN = {
  access_token: 'ya29.federated-access-token',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 600,
}

type Answer = HttpError | { readonly status: number; readonly body: unknown }

/** Google's STS by a list of answers; the last one is given again. */
function scripted(...answers: readonly Answer[]) {
  const asked: HttpRequest[] = []
  const http: Http = async (request): Promise<HttpResponse> => {
    const answer = answers[Math.min(asked.push(request), answers.length) - 1]
    if (answer === undefined) throw new Error('nothing was to be asked')
    if (answer instanceof HttpError) throw answer
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    return { status: answer.status, headers: new Headers({ 'content-type': 'application/json' }), text }
  }
  return { asked, http }
}
const deps = (http: Http, more: Partial<GcpExchangeDeps> = {}): GcpExchangeDeps => ({
  http,
  clock: manualClock(NOW),
  signal: new AbortController().signal,
  clockOffsetMs: 0,
  ...more,
})
const failureOf = (failed: Promise<unknown>): Promise<unknown> =>
  failed.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a grant token for Google', () => {
  test('is exchanged at sts.googleapis.com, without an Authorization header, for the scope cloud-platform', async () => {
    const { asked, http } = scripted({ status: 200, body: TOKEN })
    const got = await gcpAccessToken(deps(http), FEDERATED)
    expect(got).toEqual({ accessToken: TOKEN.access_token, expiresAt: NOW + 10 * MINUTE })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ method: 'POST', url: 'https://sts.googleapis.com/v1/token' })
    expect(Object.keys(asked[0]?.headers ?? {})).not.toContain('authorization')
    expect(asked[0]?.headers?.['content-type']).toBe('application/x-www-form-urlencoded')
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: AUDIENCE,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: SUBJECT,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    })
  })

  test.each([
    ['Google’s end is earlier', 600, 0, NOW + 10 * MINUTE],
    ['the slice ends earlier', 3600, 0, NOW + 30 * MINUTE],
    ['the slice ends earlier, by the endpoint’s clock, which is 5 minutes behind', 3600, 5 * MINUTE, NOW + 35 * MINUTE],
  ])('ends with the earlier of the two: %s', async (_name, expires_in, clockOffsetMs, expiresAt) => {
    const { http } = scripted({ status: 200, body: { ...TOKEN, expires_in } })
    expect(await gcpAccessToken(deps(http, { clockOffsetMs }), FEDERATED)).toMatchObject({ expiresAt })
  })

  test('is not needed where the endpoint has impersonated: nothing is asked', async () => {
    const { asked, http } = scripted()
    const got = await gcpAccessToken(deps(http), IMPERSONATED)
    expect(got).toEqual({ accessToken: 'ya29.impersonated-token', expiresAt: NOW + 30 * MINUTE })
    expect(asked).toEqual([])
  })
})

describe('what Google refuses is said in its words, without the token', () => {
  const refusals: readonly (readonly [string, number, unknown, string, string])[] = [
    [
      'invalid_grant',
      400,
      { error: 'invalid_grant', error_description: `The audience in ID Token [${AUDIENCE}] does not match.` },
      'CLOUD_REFUSED',
      'does not match',
    ],
    [
      'invalid_target',
      400,
      { error: 'invalid_target', error_description: 'No such pool.' },
      'CLOUD_REFUSED',
      'No such pool',
    ],
    [
      'unauthorized_client',
      403,
      { error: 'unauthorized_client', error_description: 'rejected by the attribute condition' },
      'CLOUD_REFUSED',
      'attribute condition',
    ],
    ['no description', 400, { error: 'invalid_request' }, 'CLOUD_REFUSED', 'invalid_request'],
    [
      'a token in the words',
      400,
      { error: 'invalid_grant', error_description: `bad ${SUBJECT}` },
      'CLOUD_REFUSED',
      '[redacted]',
    ],
    [
      'a cut token in the words',
      400,
      { error: 'invalid_grant', error_description: `bad ${SUBJECT.slice(0, 30)}` },
      'CLOUD_REFUSED',
      '[redacted]',
    ],
    ['a sign-in page', 200, '<html>Sign in</html>', 'CLOUD_UNAVAILABLE', 'does not answer like'],
    ['a page of a proxy', 403, '<html>Blocked</html>', 'CLOUD_UNAVAILABLE', 'HTTP 403'],
    ['an empty answer', 404, '', 'CLOUD_UNAVAILABLE', 'HTTP 404'],
    ['null', 400, 'null', 'CLOUD_UNAVAILABLE', 'HTTP 400'],
    ['a redirect', 307, '', 'CLOUD_UNAVAILABLE', 'HTTP 307'],
    [
      'a token with a line break',
      200,
      { ...TOKEN, access_token: 'ya29.abc\n[core]\nx = y123' },
      'CLOUD_UNAVAILABLE',
      'no usable',
    ],
    ['no expiry', 200, { ...TOKEN, expires_in: undefined }, 'CLOUD_UNAVAILABLE', 'no time of expiry'],
    ['an expiry of 0', 200, { ...TOKEN, expires_in: 0 }, 'CLOUD_UNAVAILABLE', 'no time of expiry'],
    ['another kind of token', 200, { ...TOKEN, token_type: 'N_A' }, 'CLOUD_UNAVAILABLE', 'no bearer token'],
  ]
  test.each(refusals)('%s', async (_name, status, body, code, words) => {
    const { asked, http } = scripted({ status, body })
    const error = await failureOf(gcpAccessToken(deps(http), FEDERATED))
    expect(error).toMatchObject({ code, message: expect.stringContaining(words), hint: expect.stringMatching(/./) })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SUBJECT.slice(0, 20))
    expect(asked).toHaveLength(1)
  })

  test.each([500, 503, 429, 408])(
    '%i is asked again, three times in all, and then named unavailable',
    async (status) => {
      const { asked, http } = scripted({ status, body: { error: 'internal', error_description: SUBJECT } })
      const error = await failureOf(gcpAccessToken(deps(http), FEDERATED))
      expect(error).toMatchObject({ code: 'CLOUD_UNAVAILABLE', hint: 'Try again in a minute.' })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SUBJECT)
      expect(asked).toHaveLength(3)
    },
  )

  test('one that passes is not even noticed', async () => {
    const { http } = scripted({ status: 503, body: '' }, { status: 200, body: TOKEN })
    expect(await gcpAccessToken(deps(http), FEDERATED)).toMatchObject({ accessToken: TOKEN.access_token })
  })

  test('no way there is named, with what to check', async () => {
    const { asked, http } = scripted(new HttpError('proxy', 'the proxy did not open a connection'))
    const error = await failureOf(gcpAccessToken(deps(http), FEDERATED))
    expect(error).toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: "Google's STS cannot be reached: the proxy did not open a connection.",
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SUBJECT)
    expect(asked).toHaveLength(3)
  })

  test('the whole takes ten seconds at most', async () => {
    const clock = manualClock(NOW)
    const limits: number[] = []
    const http: Http = (request) => {
      limits.push(request.timeoutMs)
      clock.advance(request.timeoutMs)
      return Promise.reject(new HttpError('timeout', 'sts.googleapis.com did not answer in time'))
    }
    expect(await failureOf(gcpAccessToken(deps(http, { clock }), FEDERATED))).toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
    })
    expect(limits).toEqual([5000, 5000, 1])
  })

  test('an interruption ends it at once', async () => {
    const stop = new AbortController()
    const asked: HttpRequest[] = []
    const http: Http = (request) => {
      asked.push(request)
      stop.abort()
      return Promise.reject(new HttpError(request.signal?.aborted === true ? 'aborted' : 'other', 'interrupted'))
    }
    const error = await failureOf(gcpAccessToken(deps(http, { signal: stop.signal }), FEDERATED))
    expect(error).toMatchObject({ code: 'INTERRUPTED' })
    expect(asked).toHaveLength(1)
  })
})

describe.skipIf(!hasOpenssl)('over TLS, in a process of its own', () => {
  const directory = mkdtempSync(join(tmpdir(), 'jit-sts-'))
  const CHILD = join(import.meta.dirname, '../../../support/gcp-exchange-child.ts')
  let sts: TestServer
  let ca = ''
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  beforeAll(async () => {
    const made = makeCertificate(directory, 'sts.googleapis.com')
    ca = made.ca
    sts = await startServer((request, response) => answer(request, response), made)
  })
  afterAll(async () => {
    await sts.close()
    rmSync(directory, { recursive: true })
  })
  async function exchanged(): Promise<{ readonly said: unknown; readonly tunnels: readonly string[] }> {
    const proxy = await startConnectProxy({ route: () => sts.port })
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: ca }
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(FEDERATED)], { env })
    await proxy.close()
    return { said: JSON.parse(stdout), tunnels: proxy.tunnels }
  }

  test('the proxy of HTTPS_PROXY is used, NODE_EXTRA_CA_CERTS is believed, and nobody but sts.googleapis.com is asked', async () => {
    answer = (_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(TOKEN))
    const { said, tunnels } = await exchanged()
    expect(said).toMatchObject({ accessToken: TOKEN.access_token })
    expect(tunnels).toEqual(['sts.googleapis.com:443'])
  })

  test('the library brings no transport of its own along, which the bundle could not load', async () => {
    answer = (_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(TOKEN))
    expect((await exchanged()).said).toMatchObject({ accessToken: TOKEN.access_token, transports: [] })
  })

  test('a redirect is not followed with the token', async () => {
    answer = (_, response) => response.writeHead(307, { location: 'https://evil.example/v1/token' }).end()
    const { said, tunnels } = await exchanged()
    expect(said).toMatchObject({ code: 'CLOUD_UNAVAILABLE' })
    expect(tunnels).toEqual(['sts.googleapis.com:443'])
  })
})
