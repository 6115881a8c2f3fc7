import { describe, expect, test } from 'vitest'
import { HttpError } from '../../../../src/platform/http.ts'
import { gcpRefusal } from '../../../../src/server/exchange/gcp-refusal.ts'

const context = { account: 'jit@corp-prod.iam.gserviceaccount.com', secrets: ['s3cr3t'] }
const said = (status: number, text: string) =>
  gcpRefusal({ host: 'sts.googleapis.com', answer: { status, headers: new Headers(), text } }, context)
const rpc = (status: string, message: string): string => JSON.stringify({ error: { code: 1, status, message } })
const oauth = (error: string): string => JSON.stringify({ error, error_description: 'its words' })

describe("Google Cloud's errors", () => {
  test.each([
    [400, oauth('invalid_grant'), 'cloud_refused', /issuer, audience, keys.*clock.*trust gcp/],
    [400, oauth('invalid_target'), 'cloud_refused', /no such identity pool provider.*trust gcp/],
    [400, oauth('invalid_request'), 'cloud_refused', /gcp\.provider/],
    [401, oauth('unauthorized_client'), 'cloud_refused', /attribute condition/],
    [403, rpc('PERMISSION_DENIED', 'its words'), 'cloud_refused', /workloadIdentityUser/],
    [404, rpc('NOT_FOUND', 'its words'), 'cloud_refused', /gcp\.serviceAccount/],
    [401, rpc('UNAUTHENTICATED', 'its words'), 'cloud_refused', /pool may be disabled/],
    [429, rpc('RESOURCE_EXHAUSTED', 'its words'), 'cloud_unavailable', /again/],
    [503, rpc('UNAVAILABLE', 'its words'), 'cloud_unavailable', /again/],
  ])('%i %s becomes %s with a hint', (status, text, code, hint) => {
    const { message, ...rest } = said(status, text)
    expect(message).toContain(`${context.account}: `)
    expect(message).toMatch(/: \w+: its words$/)
    expect(rest).toMatchObject({ code, hint: expect.stringMatching(hint) })
  })

  test.each([
    [502, '<html>Bad gateway</html>', 'cloud_unavailable', 'HTTP 502'],
    [407, '<html>Proxy</html>', 'cloud_refused', 'HTTP 407'],
    [400, '{"error":null}', 'cloud_refused', 'HTTP 400'],
    [400, '{"error":"<b>"}', 'cloud_refused', 'unknown_error'],
    [400, 'null', 'cloud_refused', 'HTTP 400'],
  ])('%i %s, which is no answer of Google, is told by its status', (status, text, code, words) => {
    const { message, ...rest } = said(status, text)
    expect(message).toMatch(new RegExp(`: ${words}$`))
    expect(rest).toMatchObject({ code })
  })

  test('are cut to one line, without secrets', () => {
    const words = `a\n\u001b[2Jb s3cr3t ya29.a0AfH6SMBx-token ${'x'.repeat(900)}`
    const { message } = said(400, JSON.stringify({ error: 'invalid_grant', error_description: words }))
    expect(message).not.toMatch(/\p{Cc}|s3cr3t|a0AfH6/u)
    expect(message.length).toBeLessThan(500)
  })

  test('without an answer it says why', () => {
    const failure = new HttpError('dns', 'the name x could not be resolved')
    expect(gcpRefusal({ host: 'x', failure }, context)).toMatchObject({
      code: 'cloud_unavailable',
      message: 'Google Cloud could not be reached: the name x could not be resolved.',
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
  })
})
