import { JitError } from '../../base/errors.ts'
import { oauthErrorIn } from '../../base/oauth-error.ts'
import { withoutSecrets } from '../../base/without-secrets.ts'
import type { HttpError, HttpResponse } from '../../platform/http.ts'
import { unreachable } from '../../platform/unreachable.ts'

const COMPARE = 'Compare the pool and its provider with: jit-endpoint trust gcp'
/** What an administrator can do about each error of the token exchange (RFC 8693 §2.2.2, clouds.md §3.1). */
const HINTS: Readonly<Record<string, string>> = {
  invalid_grant: `Google did not take the grant token: issuer, audience, keys or a clock. An administrator: ${COMPARE}`,
  invalid_target: `Google knows no such provider, or it is switched off. An administrator: ${COMPARE}`,
  unauthorized_client: `The provider's attribute condition says no. An administrator: ${COMPARE}`,
}
const RETRY_LATER = 'Try again in a minute.'
const IN_BETWEEN = 'Check that no proxy or sign-in page is in between, then try again.'

/** An answer of Google's STS that is no token, in Google's words. */
export function gcpRefusal(answer: HttpResponse, secrets: readonly string[]): JitError {
  const { status } = answer
  const said = oauthErrorIn(answer.text)
  const words = said === undefined ? `HTTP ${status}` : withoutSecrets(`${said.error}: ${said.description}`, secrets)
  if (status === 408 || status === 429 || status >= 500)
    return new JitError('CLOUD_UNAVAILABLE', `Google could not exchange the grant token (${words}).`, RETRY_LATER)
  if (said === undefined)
    return new JitError(
      'CLOUD_UNAVAILABLE',
      `sts.googleapis.com does not answer like Google's STS (${words}).`,
      IN_BETWEEN,
    )
  const hint = HINTS[said.error] ?? `Show this to whoever runs the endpoint. ${COMPARE}`
  return new JitError('CLOUD_REFUSED', `Google refused the grant token: ${words}.`, hint)
}

/** A success that cannot be used. */
export const gcpUnusable = (what: string): JitError =>
  new JitError('CLOUD_UNAVAILABLE', `sts.googleapis.com answered with ${what}.`, IN_BETWEEN)

export const gcpUnreachable = (error: HttpError): JitError => unreachable('CLOUD_UNAVAILABLE', "Google's STS", error)
