import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { refusalOf } from '../../../../src/server/exchange/aws-refusal.ts'

const ROLE = 'arn:aws:iam::123456789012:role/prod-db'
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqaXQ6cHJvZC1kYjpydyJ9.c2lnbmF0dXJl'
const SECRET = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY'

/** An error as the SDK throws it, with all it carries. */
const awsError = (name: string, status: number, message: string): Error =>
  Object.assign(new Error(message), {
    name,
    Code: name,
    $metadata: { httpStatusCode: status },
    $response: { body: SECRET },
  })
const refusal = (error: unknown) => refusalOf(error, { roleArn: ROLE, secrets: [TOKEN] })

describe("AWS's errors", () => {
  test.each([
    ['AccessDenied', 403, 'cloud_refused', /trust policy.*jit-endpoint trust aws/],
    ['InvalidIdentityToken', 400, 'cloud_refused', /issuer.*audience.*keys/],
    ['IDPRejectedClaim', 403, 'cloud_refused', /trust aws/],
    ['ExpiredTokenException', 400, 'cloud_refused', /clock/],
    ['PackedPolicyTooLarge', 400, 'cloud_refused', /sessionPolicy/],
    ['MalformedPolicyDocumentException', 400, 'cloud_refused', /sessionPolicy/],
    ['ValidationError', 400, 'cloud_refused', /aws\.maxSession /],
    ['IDPCommunicationErrorException', 400, 'cloud_unavailable', /again/],
    ['Throttling', 400, 'cloud_unavailable', /again/],
    ['ServiceUnavailable', 503, 'cloud_unavailable', /again/],
  ])('%s (%d) becomes %s with a hint', (name, status, code, hint) => {
    const { message, ...rest } = refusal(awsError(name, status, 'its words'))
    expect(message).toContain(`${name.replace(/(?<=Document|Error)Exception$/, '')}: its words`)
    expect(message).toContain(ROLE)
    expect(rest).toMatchObject({ code, hint: expect.stringMatching(hint) })
  })

  test('without an answer it says that AWS could not be reached, and why', () => {
    const error = Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:1`), { code: 'ECONNREFUSED' })
    expect(refusal(error)).toMatchObject({
      code: 'cloud_unavailable',
      message: 'AWS STS could not be reached (ECONNREFUSED).',
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
  })

  test('a token that AWS quotes, whole or cut, goes into no message and no cause', () => {
    const quoting = `Value '${TOKEN}' at 'webIdentityToken' failed; got ${TOKEN.slice(0, 60)}…`
    const made = refusal(awsError('ValidationError', 400, quoting))
    const seen = inspect(made, { depth: 9, showHidden: true })
    expect(made.message).toContain("Value '[redacted]' at 'webIdentityToken' failed")
    for (const secret of [TOKEN, TOKEN.slice(0, 30), SECRET]) expect(seen).not.toContain(secret)
  })
})
