import { describe, expect, test } from 'vitest'
import type { JitError } from '../../../../src/base/errors.ts'
import { deviceFlow, type UserCode } from '../../../../src/client/identity/device-flow.ts'
import { newDpopKey } from '../../../../src/client/identity/dpop.ts'
import { connectIdp } from '../../../../src/client/identity/idp.ts'
import { HttpError } from '../../../../src/platform/http.ts'
import { instantClock } from '../../../support/instant-clock.ts'
import { deviceAnswer, html, oauth, type Poll, scriptedIdp, tokens } from '../../../support/scripted-idp.ts'

const IDP = 'https://idp.corp.example'
const PENDING = oauth('authorization_pending')
const DONE = tokens(IDP, 'cli')

async function run(script: {
  device?: object
  polls: readonly Poll[]
  metadata?: object
  during?: (nth: number) => void
  signal?: AbortSignal
}) {
  const clock = instantClock(Date.now(), script.during)
  const idp = scriptedIdp(IDP, {
    device: { json: { ...deviceAnswer(IDP), ...script.device } },
    polls: script.polls,
    ...(script.metadata && { metadata: script.metadata }),
  })
  const shown: UserCode[] = []
  const deps = {
    clock,
    signal: script.signal ?? new AbortController().signal,
    onUserCode: (c: UserCode) => shown.push(c),
  }
  const result = await connectIdp(
    { http: idp.http, clock, platform: 'linux' },
    { issuer: IDP, clientId: 'cli', key: newDpopKey() },
  )
    .then((connected) => deviceFlow(connected, deps, ['openid', 'offline_access']))
    .catch((error: unknown) => error)
  return { result, shown, slept: clock.slept, polls: idp.polls(), requests: idp.requests }
}
const tokensOf = { idToken: expect.any(String), refreshToken: 'refresh-1' }

describe('polling', () => {
  test.each([
    ['is every 5 s where the IdP names no interval', {}, 5000],
    ['keeps the interval that the IdP names', { interval: 7 }, 7000],
    ['understands a quoted interval', { interval: '9' }, 9000],
    ['is never faster than once a second', { interval: 0 }, 1000],
  ])('%s', async (_name, device, ms) => {
    const { result, slept } = await run({ device, polls: [PENDING, PENDING, DONE] })
    expect(result).toEqual(tokensOf)
    expect(slept).toEqual([ms, ms, ms])
  })

  test('slows down by 5 s each time that the IdP asks, and stays slow', async () => {
    const { slept } = await run({ polls: [oauth('slow_down'), PENDING, oauth('slow_down', 403), PENDING, DONE] })
    expect(slept).toEqual([5000, 10_000, 10_000, 15_000, 15_000])
  })

  test.each([400, 401, 403, 428, 200])('takes `authorization_pending` as pending with status %i', async (status) => {
    const { result, polls } = await run({ polls: [oauth('authorization_pending', status), DONE] })
    expect([result, polls]).toEqual([tokensOf, 2])
  })

  test('goes on, slower each time, after a page of somebody in between, a dead network or an overloaded IdP', async () => {
    const lost = new HttpError('reset', 'idp.corp.example broke the connection')
    const polls = [html(), lost, { status: 502, text: 'Bad gateway' }, { status: 429, text: '' }, PENDING, DONE]
    const { result, slept } = await run({ polls })
    expect(result).toEqual(tokensOf)
    expect(slept).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 5000])
  })

  test('that ends in a broken network tells of the network, not of the time', async () => {
    const { result, slept } = await run({
      polls: [PENDING, new HttpError('dns', 'the name idp could not be resolved')],
    })
    expect(result).toMatchObject({
      code: 'IDP_UNREACHABLE',
      message: 'The identity provider cannot be reached: the name idp could not be resolved.',
    })
    expect(slept.reduce((a, b) => a + b)).toBe(600_000)
  })

  test('ends when the code does', async () => {
    const { result, slept } = await run({ device: { expires_in: 12 }, polls: [PENDING] })
    expect(result).toMatchObject({ code: 'LOGIN_FAILED', message: 'Nobody finished the login within 12 seconds.' })
    expect(slept).toEqual([5000, 5000, 2000])
  })

  test('ends after 15 minutes, however long the IdP lets a code live', async () => {
    const { result, slept, shown } = await run({ device: { expires_in: 86_400 }, polls: [PENDING] })
    expect(result).toMatchObject({ code: 'LOGIN_FAILED' })
    expect(slept.reduce((a, b) => a + b)).toBe(900_000)
    expect(shown[0]?.expiresInSeconds).toBe(900)
  })

  test.each([
    ['access_denied', /was denied at idp.corp.example \(access_denied\)/],
    ['authorization_declined', /was denied at/],
    ['bad_verification_code', /was refused at/],
    ['invalid_client', /was refused at/],
    ['expired_token', /Nobody finished/],
  ])('stops at once at `%s`', async (error, message) => {
    const { result, polls } = await run({ polls: [oauth(error, 403), DONE] })
    expect(result).toMatchObject({ code: 'LOGIN_FAILED', message: expect.stringMatching(message) })
    expect(polls).toBe(1)
  })

  test('shows what an IdP says without its escape sequences', async () => {
    const polls = [{ status: 400, json: { error: 'access_denied', error_description: 'no\u001b[2J\u202Ere\n' } }]
    const { result } = await run({ polls })
    expect((result as JitError).message).toBe('The login was denied at idp.corp.example (access_denied: no[2Jre).')
  })

  test.each([
    ['another client', { aud: 'other' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['the past', { exp: 1000 }],
  ])('does not take an ID token for %s, and does not ask again', async (_name, claims) => {
    const { result, polls } = await run({ polls: [tokens(IDP, 'cli', claims)] })
    expect(result).toMatchObject({ code: 'IDP_UNREACHABLE' })
    expect(polls).toBe(1)
  })

  test('says so where the answer has no ID token', async () => {
    const { result } = await run({ polls: [{ json: { access_token: 'a', token_type: 'Bearer' } }] })
    expect(result).toMatchObject({ code: 'LOGIN_FAILED', message: 'idp.corp.example gave no ID token.' })
  })

  test('does not take a bug for a broken network', async () => {
    const { result, polls } = await run({ polls: [new TypeError('x is not a function'), DONE] })
    expect([result, polls]).toEqual([expect.any(TypeError), 1])
  })

  test('stops when it is aborted', async () => {
    const abort = new AbortController()
    const { result, polls } = await run({
      polls: [PENDING],
      signal: abort.signal,
      during: (n) => n === 2 && abort.abort(),
    })
    expect(result).toMatchObject({ code: 'INTERRUPTED' })
    expect(polls).toBe(2)
  })

  test('proves the key to an IdP that knows DPoP', async () => {
    const { requests } = await run({ polls: [DONE], metadata: { dpop_signing_alg_values_supported: ['ES256'] } })
    expect(requests.at(-1)?.headers?.['dpop']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })
})

describe('the user code', () => {
  test('is shown with the page, and the page with the code in it where there is one', async () => {
    const complete = `${IDP}/activate?code=WDJB-MJHT`
    const { shown } = await run({ device: { verification_uri_complete: complete }, polls: [DONE] })
    expect(shown).toEqual([
      { userCode: 'WDJB-MJHT', verificationUrl: `${IDP}/activate`, completeUrl: complete, expiresInSeconds: 600 },
    ])
  })

  test('comes with `verification_url` from some', async () => {
    const device = { verification_uri: undefined, verification_url: `${IDP}/device` }
    const { shown, result } = await run({ device, polls: [DONE] })
    expect(shown[0]).toEqual({ userCode: 'WDJB-MJHT', verificationUrl: `${IDP}/device`, expiresInSeconds: 600 })
    expect(result).toEqual(tokensOf)
  })

  test.each([
    ['another page', { verification_uri: 'https://evil.example/activate' }],
    ['another page with the code', { verification_uri_complete: 'https://evil.example/activate' }],
  ])('is not shown with %s than the IdP’s own', async (_name, device) => {
    const { shown, result, polls } = await run({ device, polls: [DONE] })
    expect([shown, polls]).toEqual([[], 0])
    expect(result).toMatchObject({ code: 'LOGIN_FAILED', hint: expect.stringContaining('jit login --browser') })
  })

  test.each([
    ['control characters', { user_code: 'AB\u001b[31m' }],
    ['no end', { user_code: 'A'.repeat(100) }],
    ['no code', { user_code: undefined }],
    ['no page', { verification_uri: undefined }],
    ['no life', { expires_in: 'soon' }],
  ])('with %s is no answer', async (_name, device) => {
    const { shown, result } = await run({ device, polls: [DONE] })
    expect([shown, result]).toMatchObject([[], { code: 'IDP_UNREACHABLE' }])
  })

  test('that the IdP does not offer is an error which names the other way', async () => {
    const { result } = await run({ polls: [DONE], metadata: { device_authorization_endpoint: undefined } })
    expect(result).toMatchObject({ code: 'LOGIN_FAILED', message: 'idp.corp.example offers no device login.' })
  })
})
