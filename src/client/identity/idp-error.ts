import { JitError } from '../../base/errors.ts'
import { type OAuthError, oauthErrorIn } from '../../base/oauth-error.ts'
import { quotedText } from '../../base/terminal-text.ts'
import { HttpError, type HttpResponse } from '../../platform/http.ts'
import { unreachable } from '../../platform/unreachable.ts'

/** What was being done: it decides what a refusal means. */
export type IdpFailure = 'discovery' | 'login' | 'refresh' | 'revocation'

/** The OAuth error in an answer, whatever its status: IdPs send 400, 401, 403 and 428. */
export function oauthError(answer: Pick<HttpResponse, 'text'> | undefined): OAuthError | undefined {
  const said = oauthErrorIn(answer?.text ?? '')
  return said === undefined ? undefined : { ...said, description: quotedText(said.description) }
}

/** Any failure at the IdP as the error that the user sees; what is no failure of the IdP stays as it is. */
export function idpError(issuer: string, error: unknown, answer: HttpResponse | undefined, failure: IdpFailure): Error {
  if (error instanceof JitError) return error
  const cause = httpErrorIn(error)
  if (cause !== undefined) return unreachable('IDP_UNREACHABLE', 'The identity provider', cause)
  const said = oauthError(answer)
  if (said !== undefined && answer !== undefined && answer.status < 500) return refusal(issuer, said, failure)
  if (!(error instanceof Error)) return new Error(String(error))
  if (error instanceof TypeError) return error // openid-client was called wrongly: a bug of ours
  return unexpected(issuer, error, answer)
}

function httpErrorIn(error: unknown): HttpError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof HttpError) return each
  return undefined
}

/** A person or a rule at the IdP said no. */
export function refusal(issuer: string, { error, description }: OAuthError, failure: IdpFailure): JitError {
  const words = description === '' ? quotedText(error) : `${quotedText(error)}: ${description}`
  if (failure === 'refresh')
    return new JitError('LOGIN_NEEDED', `The identity provider ended the login (${words}).`, 'Type: jit login')
  const denied = ['access_denied', 'authorization_declined'].includes(error)
  return new JitError(
    'LOGIN_FAILED',
    `The login was ${denied ? 'denied' : 'refused'} at ${new URL(issuer).host} (${words}).`,
    denied ? 'To try again: jit login' : 'Ask the people who run the identity provider, or try: jit login --browser',
  )
}

function unexpected(issuer: string, error: Error, answer: HttpResponse | undefined): JitError {
  const { host } = new URL(issuer)
  const isOpenid = answer === undefined || answer.headers.get('content-type')?.includes('json') === true
  const what = isOpenid ? quotedText(reason(error)) : `status ${answer.status}, no JSON`
  const hint = 'Check that no proxy or sign-in page is in between, then try again.'
  return new JitError('IDP_UNREACHABLE', `${host} does not answer like an OpenID provider (${what}).`, hint, {
    cause: error,
  })
}

const reason = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message)
