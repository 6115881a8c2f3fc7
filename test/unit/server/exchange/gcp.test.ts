import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { readCloudCredential } from '../../../../src/contract/credential.ts'
import type { HttpRequest } from '../../../../src/platform/http.ts'
import type { GcpAccess } from '../../../../src/server/config/types.ts'
import { createGcpExchange } from '../../../../src/server/exchange/gcp.ts'
import { createImpersonate, type ImpersonateAnswer } from '../../../../src/server/exchange/gcp-impersonate.ts'
import { issueFor } from '../../../support/aws-grant.ts'
import { gcpTo, PROVIDER, SERVICE_ACCOUNT } from '../../../support/cloud-targets.ts'
import { formOf, type Said, scriptedHttp } from '../../../support/scripted-http.ts'

const TOKEN = 'grant.token.of-alice'
const FEDERATED = 'ya29.federated-token-of-alice'
const ACCESS = 'ya29.access-token-of-the-account'
const NOW = Date.parse('2026-11-21T12:00:00Z')
const tokens = { gcpGrantToken: async () => ({ token: TOKEN, subject: 'jit:prod-db:alice' }) }
const impersonated = gcpTo({ serviceAccount: SERVICE_ACCOUNT })

const sts = (): Said => ({ json: { access_token: FEDERATED, expires_in: 120, token_type: 'Bearer' } })
const account = (changes: object = {}): Said => ({
  json: { accessToken: ACCESS, expireTime: '2026-11-21T13:00:00Z', ...changes },
})
const isSts = ({ url }: HttpRequest): boolean => url === 'https://sts.googleapis.com/v1/token'

function exchangeWith(script: (request: HttpRequest, index: number) => Said) {
  const { http, asked } = scriptedHttp(script)
  const exchange = createGcpExchange({ tokens, impersonate: createImpersonate(http) })
  const run = (access: GcpAccess = impersonated, notAfter = '2026-11-21T13:00:00Z') =>
    exchange(issueFor(4 * 3600, NOW), access, notAfter)
  return { asked, run }
}
const good = () => exchangeWith((request) => (isSts(request) ? sts() : account()))

describe('the exchange at Google Cloud', () => {
  test('hands over a grant token for a federated identity, and calls nobody', async () => {
    const { asked, run } = exchangeWith(() => 'other')
    const credential = await run(gcpTo())
    expect(credential).toEqual({
      cloud: 'gcp',
      kind: 'federated',
      expiration: '2026-11-21T13:00:00Z',
      notAfter: '2026-11-21T13:00:00Z',
      project: 'corp-prod',
      region: 'europe-west3',
      principal: 'jit:prod-db:alice',
      subjectToken: TOKEN,
      audience: `//iam.googleapis.com/${PROVIDER}`,
    })
    expect(readCloudCredential(credential, 'credential')).toEqual(credential)
    expect(asked).toEqual([])
  })

  test('exchanges for a service account in two steps, each with nothing but what Google asks for', async () => {
    const { asked, run } = exchangeWith((request) =>
      isSts(request) ? sts() : account({ expireTime: '2026-11-21T12:25:01Z' }),
    )
    const credential = await run(impersonated, '2026-11-21T12:25:00Z')
    expect(credential).toEqual({
      cloud: 'gcp',
      kind: 'impersonated',
      expiration: '2026-11-21T12:25:01.000Z',
      notAfter: '2026-11-21T12:25:00Z',
      project: 'corp-prod',
      region: 'europe-west3',
      principal: SERVICE_ACCOUNT,
      accessToken: ACCESS,
    })
    expect(readCloudCredential(credential, 'credential')).toEqual(credential)
    const [first, second] = asked
    if (first === undefined || second === undefined || asked.length > 2) throw new Error('two calls were expected')
    expect([first.method, first.url]).toEqual(['POST', 'https://sts.googleapis.com/v1/token'])
    expect(formOf(first)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: `//iam.googleapis.com/${PROVIDER}`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: TOKEN,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    })
    expect(first.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(first.headers).not.toHaveProperty('authorization') // Google: "can cause the request to fail"
    expect([second.method, second.url]).toEqual([
      'POST',
      `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${SERVICE_ACCOUNT}:generateAccessToken`,
    ])
    expect(second.headers).toMatchObject({ authorization: `Bearer ${FEDERATED}`, 'content-type': 'application/json' })
    expect(JSON.parse(second.body ?? '')).toEqual({
      scope: ['https://www.googleapis.com/auth/cloud-platform'],
      lifetime: '1500s',
    })
  })

  test.each([
    ['2026-11-21T12:00:15Z', '15s'],
    ['2026-11-21T13:00:00Z', '3600s'],
    ['2026-11-21T16:00:00Z', '3600s'],
  ])('asks until %s for a lifetime of %s: the slice, and what Google gives at most', async (notAfter, lifetime) => {
    const { asked, run } = exchangeWith((request) =>
      isSts(request) ? sts() : account({ expireTime: '2026-11-21T12:00:15Z' }),
    )
    await run(impersonated, notAfter)
    expect(asked[1]?.body).toContain(`"lifetime":"${lifetime}"`)
  })

  test('goes to Google whatever the environment of the machine says', async () => {
    vi.stubEnv('GOOGLE_CLOUD_UNIVERSE_DOMAIN', 'evil.example')
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/nowhere.json')
    const { asked, run } = good()
    await run()
    vi.unstubAllEnvs()
    expect(asked.map(({ url }) => new URL(url).host)).toEqual(['sts.googleapis.com', 'iamcredentials.googleapis.com'])
  })

  test('repeats what is broken for the moment, and gives up in the end', async () => {
    const once = exchangeWith((request, index) =>
      index === 0 ? { status: 503, json: { error: { status: 'UNAVAILABLE' } } } : isSts(request) ? sts() : account(),
    )
    await once.run()
    expect(once.asked).toHaveLength(3)
    const always = exchangeWith(() => ({ status: 503, json: { error: { status: 'UNAVAILABLE', message: 'busy' } } }))
    await expect(always.run()).rejects.toMatchObject({
      code: 'cloud_unavailable',
      message: `Google Cloud could not answer for ${SERVICE_ACCOUNT}: UNAVAILABLE: busy`,
    })
    expect(always.asked).toHaveLength(4)
  })

  test('that is refused is not repeated, in the words of Google and without a token anywhere', async () => {
    const { asked, run } = exchangeWith(() => ({
      status: 400,
      json: { error: 'invalid_grant', error_description: `The audience in ID Token [${TOKEN}] does not match.` },
    }))
    const error: unknown = await run().catch((refused: unknown) => refused)
    expect(error).toMatchObject({
      code: 'cloud_refused',
      message: `Google Cloud refused ${SERVICE_ACCOUNT}: invalid_grant: The audience in ID Token [[redacted]] does not match.`,
      hint: expect.stringContaining('jit-endpoint trust gcp'),
    })
    expect(asked).toHaveLength(1)
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain(TOKEN)
  })

  test('that Google redirects goes nowhere else', async () => {
    const { asked, run } = exchangeWith(() => ({
      status: 307,
      text: '',
      headers: { location: 'https://iamcredentials.googleapis.com/elsewhere' },
    }))
    await expect(run()).rejects.toMatchObject({ code: 'cloud_refused' })
    expect(asked).toHaveLength(1)
  })

  test('without a network says so', async () => {
    const { run } = exchangeWith(() => 'proxy')
    await expect(run()).rejects.toMatchObject({
      code: 'cloud_unavailable',
      message: 'Google Cloud could not be reached: sts.googleapis.com says proxy.',
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
  })

  test('ends after its limit where Google never answers', async () => {
    const silent = ({ signal }: HttpRequest): Promise<never> =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
    const limits = { attempt: 20, whole: 40 }
    const exchange = createGcpExchange({ tokens, impersonate: createImpersonate(silent, limits) })
    await expect(exchange(issueFor(3600, NOW), impersonated, '2026-11-21T13:00:00Z')).rejects.toMatchObject({
      code: 'cloud_unavailable',
      message: 'Google Cloud could not be reached: sts.googleapis.com did not answer in time.',
    })
  })
})

describe('an answer of Google Cloud', () => {
  const answering = (answer: ImpersonateAnswer) =>
    createGcpExchange({ tokens, impersonate: () => Promise.resolve(answer) })(
      issueFor(3600, NOW),
      impersonated,
      '2026-11-21T12:30:00Z',
    )
  const fine = { accessToken: ACCESS, expiresAtMs: NOW + 1800_000 }

  test.each<[string, Partial<ImpersonateAnswer>]>([
    ['no token', { accessToken: undefined }],
    ['a token with a line end', { accessToken: 'ya29.access-token\n[core]' }],
    ['a short token', { accessToken: 'ya29' }],
    ['no expiration', { expiresAtMs: undefined }],
    ['an expiration that is no time', { expiresAtMs: Number.NaN }],
    ['a life beyond what was asked for', { expiresAtMs: NOW + 3600_000 }],
  ])('with %s is refused, and no secret is told', async (_name, flaw) => {
    await expect(answering(fine)).resolves.toMatchObject({ accessToken: ACCESS })
    const refused = answering({ ...fine, ...flaw })
    await expect(refused).rejects.toMatchObject({ code: 'cloud_refused' })
    await expect(refused).rejects.not.toThrow(/ya29/)
  })
})
