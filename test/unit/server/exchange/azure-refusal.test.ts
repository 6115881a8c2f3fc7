import { describe, expect, test } from 'vitest'
import { HttpError } from '../../../../src/platform/http.ts'
import { azureRefusal, isWorthRetrying } from '../../../../src/server/exchange/azure-refusal.ts'
import { CLIENT } from '../../../support/cloud-targets.ts'

const context = { client: CLIENT, resource: 'https://vault.azure.net', secrets: ['s3cr3t'] }
const answered = (status: number, text: string) => ({
  host: 'login.microsoftonline.com',
  answer: { status, headers: new Headers(), text },
})
const entra = (code: number, words = 'its words') =>
  JSON.stringify({
    error: 'invalid_client',
    error_description: `AADSTS${code}: ${words} Trace ID: 1b2c Correlation ID: 3d4e Timestamp: 2026-11-21 12:00:00Z`,
    error_codes: [code],
  })

describe("Entra's errors", () => {
  test.each([
    [70021, 'cloud_refused', /only minutes old.*trust azure/],
    [700211, 'cloud_refused', /issuer; a slash/],
    [700212, 'cloud_refused', /audience.*trust azure/],
    [700213, 'cloud_refused', /subject.*trust azure/],
    [700024, 'cloud_refused', /clock/],
    [700027, 'cloud_refused', /public HTTPS/],
    [700016, 'cloud_refused', /azure\.client/],
    [90002, 'cloud_refused', /azure\.tenant/],
    [7000112, 'cloud_refused', /disabled/],
    [500011, 'cloud_refused', /azure\.resources/],
    [53003, 'cloud_refused', /Conditional Access/],
  ])('AADSTS%i becomes %s with a hint', (code, refusal, hint) => {
    const { message, ...rest } = azureRefusal(answered(400, entra(code)), context)
    expect(message).toBe(`Entra refused application ${CLIENT} at https://vault.azure.net: AADSTS${code}: its words`)
    expect(rest).toMatchObject({ code: refusal, hint: expect.stringMatching(hint) })
  })

  test.each([
    [429, '{}', 'cloud_unavailable', 'HTTP 429'],
    [503, entra(90033), 'cloud_unavailable', 'AADSTS90033: its words'],
    [407, '<html>Proxy</html>', 'cloud_refused', 'HTTP 407'],
    [400, 'null', 'cloud_refused', 'HTTP 400'],
    [400, '{"error":"invalid_scope"}', 'cloud_refused', 'invalid_scope'],
  ])('%i %s is %s', (status, text, code, words) => {
    const refusal = azureRefusal(answered(status, text), context)
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(new RegExp(`: ${words}$`)) })
  })

  test('are cut to one line, without secrets', () => {
    const words = `a\n\u001b[2Jb s3cr3t eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqaXQ6 ${'x'.repeat(900)}`
    const { message } = azureRefusal(answered(400, entra(700024, words)), context)
    expect(message).not.toMatch(/\p{Cc}|s3cr3t|eyJh/u)
    expect(message.length).toBeLessThan(600)
  })

  test('without an answer it says why', () => {
    const failure = new HttpError('certificate', 'the certificate of x could not be verified')
    expect(azureRefusal({ host: 'x', failure }, context)).toMatchObject({
      code: 'cloud_unavailable',
      message: 'Entra could not be reached: the certificate of x could not be verified.',
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
  })

  test.each([
    [answered(400, entra(70021)), true],
    [answered(400, entra(700213)), true],
    [answered(429, '{}'), true],
    [answered(500, ''), true],
    [{ host: 'x', failure: new HttpError('reset', 'reset') }, true],
    [answered(400, entra(700024)), false],
    [answered(401, entra(700016)), false],
    [answered(200, '{}'), false],
  ])('%#: whether another try is worth it', (last, worth) => {
    expect(isWorthRetrying(last)).toBe(worth)
  })
})
