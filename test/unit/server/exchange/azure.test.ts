import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { readCloudCredential } from '../../../../src/contract/credential.ts'
import type { HttpRequest } from '../../../../src/platform/http.ts'
import type { AzureAccess } from '../../../../src/server/config/types.ts'
import { createAzureExchange } from '../../../../src/server/exchange/azure.ts'
import { createAskEntra, type EntraAnswer } from '../../../../src/server/exchange/azure-token.ts'
import { issueFor } from '../../../support/aws-grant.ts'
import { azureTo, CLIENT, SUBSCRIPTION, TENANT } from '../../../support/cloud-targets.ts'
import { formOf, type Said, scriptedHttp } from '../../../support/scripted-http.ts'

const ASSERTION = 'grant.token.of-alice'
const NOW = Date.parse('2026-11-21T12:00:00Z')
const END = '2026-11-21T13:00:00Z'
const ARM = 'https://management.azure.com'
const VAULT = 'https://vault.azure.net'
const tokens = { azureGrantToken: async () => ASSERTION }

const resourceOf = (request: HttpRequest): string => (formOf(request)['scope'] ?? '').replace(/\/\.default.*$/, '')
const token = (request: HttpRequest, seconds = 4_000): Said => ({
  json: { token_type: 'Bearer', expires_in: seconds, access_token: `token.for.${resourceOf(request)}` },
})
const refused = (code: number): Said => ({
  status: 400,
  json: { error: 'invalid_client', error_description: `AADSTS${code}: no. Trace ID: 1`, error_codes: [code] },
})

function exchangeWith(script: (request: HttpRequest, index: number) => Said) {
  const { http, asked } = scriptedHttp(script)
  const pauses: number[] = []
  const clock = { sleep: async (ms: number) => void pauses.push(ms) }
  const exchange = createAzureExchange({ tokens, askEntra: createAskEntra(http), clock })
  const run = (access: AzureAccess = azureTo()) => exchange(issueFor(4 * 3600, NOW), access, END)
  return { asked, pauses, run }
}

describe('the exchange at Azure', () => {
  test('gives one token per audience, the one for Azure Resource Manager first', async () => {
    const { asked, run } = exchangeWith((request) => token(request, resourceOf(request) === VAULT ? 5_000 : 4_000))
    const before = Date.now()
    const credential = await run(azureTo({ resources: [VAULT] }))
    expect(credential).toEqual({
      cloud: 'azure',
      expiration: expect.any(String),
      notAfter: END,
      tenantId: TENANT,
      clientId: CLIENT,
      subscriptionId: SUBSCRIPTION,
      subscriptionName: 'Corp Production',
      role: 'SQL DB Contributor',
      tokens: [
        { resource: ARM, accessToken: `token.for.${ARM}`, expiresOn: expect.any(String) },
        { resource: VAULT, accessToken: `token.for.${VAULT}`, expiresOn: expect.any(String) },
      ],
    })
    expect(readCloudCredential(credential, 'credential')).toEqual(credential)
    const ends = credential.tokens.map(({ expiresOn }) => Math.round((Date.parse(expiresOn) - before) / 10_000))
    expect(ends).toEqual([400, 500])
    expect(credential.expiration).toBe(credential.tokens[1]?.expiresOn) // until then something of it works
    expect(asked.map(resourceOf)).toEqual([ARM, VAULT])
  })

  test('sends the grant token as a client assertion to the tenant, and asks for no long-lived token', async () => {
    const { asked, run } = exchangeWith((request) => token(request))
    await run()
    const [call] = asked
    if (call === undefined || asked.length > 1) throw new Error('one call was expected')
    expect(call.method).toBe('POST')
    expect(call.url.replace(/\?.*/, '')).toBe(`https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`)
    expect(formOf(call)).toMatchObject({
      grant_type: 'client_credentials',
      client_id: CLIENT,
      scope: `${ARM}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: ASSERTION,
    })
    expect(call.body?.toLowerCase()).not.toContain('cp1') // the capability that CAE goes by
    expect(call.url).not.toContain(ASSERTION)
  })

  test('keeps nothing from one grant to the next', async () => {
    const { asked, run } = exchangeWith((request) => token(request))
    await run()
    await run()
    expect(asked).toHaveLength(2)
  })

  test('goes to the public cloud whatever the environment of the machine says', async () => {
    vi.stubEnv('AZURE_AUTHORITY_HOST', 'https://login.evil.example')
    vi.stubEnv('AZURE_CLIENT_SECRET', 'standing')
    const { asked, run } = exchangeWith((request) => token(request))
    await run()
    vi.unstubAllEnvs()
    expect(asked.map(({ url }) => new URL(url).host)).toEqual(['login.microsoftonline.com'])
    expect(asked[0]?.body).not.toContain('standing')
  })

  test.each([70021, 700213])('waits for a federated credential that is new: AADSTS%i', async (code) => {
    const { asked, pauses, run } = exchangeWith((request, index) => (index < 2 ? refused(code) : token(request)))
    await run()
    expect([asked.length, pauses]).toEqual([3, [1_000, 2_000]])
  })

  test('gives up waiting after three calls, in the words of Entra and without a token anywhere', async () => {
    const { asked, run } = exchangeWith(() => ({
      status: 400,
      json: { error: 'invalid_client', error_description: `AADSTS70021: No match for ${ASSERTION}. Trace ID: 1` },
    }))
    const error: unknown = await run(azureTo({ resources: [VAULT] })).catch((refusal: unknown) => refusal)
    expect(error).toMatchObject({
      code: 'cloud_refused',
      message: `Entra refused application ${CLIENT} at ${ARM}: AADSTS70021: No match for [redacted].`,
      hint: expect.stringContaining('jit-endpoint trust azure'),
    })
    expect(asked).toHaveLength(3)
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain(ASSERTION)
  })

  test('asks throttled again, but not for as long as Entra might say', async () => {
    const { asked, pauses, run } = exchangeWith((request, index) =>
      index === 0 ? { status: 429, json: { error: 'temporarily_unavailable' } } : token(request),
    )
    await run()
    expect([asked.length, pauses]).toEqual([2, [1_000]])
  })

  test('that stays broken is asked three times, and no more', async () => {
    const { asked, run } = exchangeWith(() => ({ status: 503, json: {}, headers: { 'retry-after': '3600' } }))
    await expect(run()).rejects.toMatchObject({ code: 'cloud_unavailable', hint: expect.stringContaining('again') })
    expect(asked).toHaveLength(3)
  })

  test('that is refused for good is not repeated', async () => {
    const { asked, run } = exchangeWith(() => refused(700024))
    await expect(run()).rejects.toMatchObject({ code: 'cloud_refused', hint: expect.stringContaining('clock') })
    expect(asked).toHaveLength(1)
  })

  test('gives nothing where one audience is refused', async () => {
    const { run } = exchangeWith((request) => (resourceOf(request) === VAULT ? refused(500011) : token(request)))
    await expect(run(azureTo({ resources: [VAULT] }))).rejects.toMatchObject({
      code: 'cloud_refused',
      message: expect.stringContaining(VAULT),
    })
  })

  test.each([301, 302, 303, 307, 308])('that is redirected (%i) goes nowhere else', async (status) => {
    const { asked, run } = exchangeWith(() => ({
      status,
      text: '',
      headers: { location: 'https://login.microsoftonline.com/elsewhere' },
    }))
    await expect(run()).rejects.toMatchObject({ code: 'cloud_refused' })
    expect(asked).toHaveLength(1)
  })

  test('without a network says so after three tries', async () => {
    const { asked, run } = exchangeWith(() => 'proxy')
    await expect(run()).rejects.toMatchObject({
      code: 'cloud_unavailable',
      message: 'Entra could not be reached: login.microsoftonline.com says proxy.',
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
    expect(asked).toHaveLength(3)
  })
})

describe('an answer of Entra', () => {
  const answering = (answer: EntraAnswer) =>
    createAzureExchange({ tokens, askEntra: () => Promise.resolve(answer), clock: { sleep: () => Promise.resolve() } })(
      issueFor(3600, NOW),
      azureTo(),
      END,
    )
  const fine = { accessToken: 'header.payload.signature', expiresOnMs: NOW + 3600_000 }

  test.each<[string, Partial<EntraAnswer>]>([
    ['a token with a line end', { accessToken: 'header.payload.signature\n' }],
    ['a short token', { accessToken: 'x' }],
    ['an expiration that is no time', { expiresOnMs: Number.NaN }],
  ])('with %s is refused, and no secret is told', async (_name, flaw) => {
    await expect(answering(fine)).resolves.toMatchObject({ expiration: '2026-11-21T13:00:00.000Z' })
    const refusal = answering({ ...fine, ...flaw })
    await expect(refusal).rejects.toMatchObject({ code: 'cloud_refused' })
    await expect(refusal).rejects.not.toThrow(/payload/)
  })
})
