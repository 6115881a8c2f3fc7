import { JitError } from '../../base/errors.ts'
import type { OAuthError } from '../../base/oauth-error.ts'
import { integer, object, type Reader, ShapeError, string } from '../../contract/narrow.ts'
import type { Clock } from '../../platform/clock.ts'
import type { HttpResponse } from '../../platform/http.ts'
import type { Idp, IdpTokens } from './idp.ts'
import { oauthError, refusal } from './idp-error.ts'
import { tokensOf } from './tokens.ts'
import { verificationUrl } from './verification-url.ts'

/** RFC 8628 §3.2: where the IdP names no interval. §3.5: what `slow_down` adds. Seconds. */
const DEFAULT_INTERVAL_S = 5
const SLOW_DOWN_S = 5
/** However long the IdP lets a code live: nobody is still at it by then. */
const LONGEST_WAIT_S = 15 * 60
const LONGEST_BACK_OFF_MS = 60_000
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** What a person needs to finish the login elsewhere. */
export type UserCode = {
  readonly userCode: string
  readonly verificationUrl: string
  /** The same page with the code in it, where the IdP has one. */
  readonly completeUrl?: string
  readonly expiresInSeconds: number
}

type Authorization = UserCode & { readonly deviceCode: string; readonly intervalSeconds: number }

/** Device authorization grant (RFC 8628), tolerant of what real IdPs and the proxies before them answer. */
export async function deviceFlow(
  idp: Idp,
  deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly onUserCode: (code: UserCode) => void },
  scopes: readonly string[],
): Promise<IdpTokens> {
  const authorization = await authorize(idp, scopes)
  const { deviceCode, intervalSeconds, ...shown } = authorization
  deps.onUserCode(shown)
  return pollUntilDecided(idp, deps, { deviceCode, intervalSeconds, expiresInSeconds: shown.expiresInSeconds })
}

async function authorize(idp: Idp, scopes: readonly string[]): Promise<Authorization> {
  const { initiateDeviceAuthorization } = await import('openid-client')
  if (idp.config.serverMetadata().device_authorization_endpoint === undefined)
    throw new JitError(
      'LOGIN_FAILED',
      `${new URL(idp.issuer).host} offers no device login.`,
      'Type: jit login --browser',
    )
  try {
    await initiateDeviceAuthorization(idp.config, { scope: scopes.join(' ') })
  } catch (error) {
    // openid-client wants verification_uri; Google says verification_url. Our own reader decides.
    if (idp.lastAnswer()?.status !== 200) throw idp.failed(error, 'login')
  }
  try {
    return readAuthorization(JSON.parse(idp.lastAnswer()?.text ?? ''), idp.issuer)
  } catch (error) {
    throw idp.failed(error, 'login')
  }
}

const readUserCode: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || !/^[\x21-\x7e][\x20-\x7e]{0,39}$/.test(value))
    throw new ShapeError(path, 'a short code')
  return value
}
/** Some IdPs quote their numbers. */
const readSeconds: Reader<number> = (value, path) => integer(typeof value === 'string' ? Number(value) : value, path)

function readAuthorization(json: unknown, issuer: string): Authorization {
  const read = object(
    { device_code: string, user_code: readUserCode, expires_in: readSeconds },
    { verification_uri: string, verification_url: string, verification_uri_complete: string, interval: readSeconds },
  )
  const answer = read(json, 'answer')
  const page = answer.verification_uri ?? answer.verification_url
  if (page === undefined) throw new ShapeError('answer.verification_uri', 'a string')
  const complete = answer.verification_uri_complete
  return {
    deviceCode: answer.device_code,
    userCode: answer.user_code,
    verificationUrl: verificationUrl(page, issuer),
    ...(complete !== undefined && { completeUrl: verificationUrl(complete, issuer) }),
    expiresInSeconds: Math.min(answer.expires_in, LONGEST_WAIT_S),
    intervalSeconds: Math.max(1, answer.interval ?? DEFAULT_INTERVAL_S),
  }
}

type Poll =
  | { readonly kind: 'tokens'; readonly tokens: IdpTokens }
  | { readonly kind: 'pending' | 'slow-down' | 'expired' }
  /** No OAuth answer at all: broken network, a proxy's page. It may pass. */
  | { readonly kind: 'unclear'; readonly error: Error }

async function pollUntilDecided(
  idp: Idp,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  code: { readonly deviceCode: string; readonly intervalSeconds: number; readonly expiresInSeconds: number },
): Promise<IdpTokens> {
  const until = clock.now() + code.expiresInSeconds * 1000
  let intervalMs = code.intervalSeconds * 1000
  let failures = 0
  let lastFailure: Error | undefined
  while (clock.now() < until) {
    const backOff =
      failures === 0 ? intervalMs : Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, LONGEST_BACK_OFF_MS))
    await clock.sleep(Math.min(backOff, until - clock.now()), signal)
    if (signal.aborted) throw new JitError('INTERRUPTED', 'The login was interrupted.', 'To log in: jit login')
    const poll = await pollOnce(idp, code.deviceCode)
    if (poll.kind === 'tokens') return poll.tokens
    if (poll.kind === 'expired') break
    if (poll.kind === 'slow-down') intervalMs += SLOW_DOWN_S * 1000
    failures = poll.kind === 'unclear' ? failures + 1 : 0
    lastFailure = poll.kind === 'unclear' ? poll.error : undefined
  }
  throw lastFailure ?? tooLate(code.expiresInSeconds)
}

/** Status codes differ between IdPs (400, 403, 428), so only the JSON `error` counts. */
async function pollOnce(idp: Idp, deviceCode: string): Promise<Poll> {
  const { genericGrantRequest } = await import('openid-client')
  try {
    const answer = await genericGrantRequest(idp.config, GRANT, { device_code: deviceCode }, idp.options)
    return { kind: 'tokens', tokens: tokensOf(idp.issuer, answer) }
  } catch (error) {
    if (error instanceof JitError) throw error
    const answer = idp.lastAnswer()
    const said = oauthError(answer)
    if (said?.error === 'authorization_pending') return { kind: 'pending' }
    if (said?.error === 'slow_down') return { kind: 'slow-down' }
    if (said?.error === 'expired_token') return { kind: 'expired' }
    const failure = idp.failed(error, 'login')
    if (mayPass(failure, answer, said)) return { kind: 'unclear', error: failure }
    throw said === undefined ? failure : refusal(idp.issuer, said, 'login')
  }
}

/** A broken network, an overloaded IdP, or a page of somebody in between; but not tokens that turned out wrong, nor a bug. */
function mayPass(failure: Error, answer: HttpResponse | undefined, said: OAuthError | undefined): boolean {
  if (!(failure instanceof JitError) || failure.code === 'INTERRUPTED') return false
  if (answer === undefined || answer.status >= 500 || answer.status === 429) return true
  return said === undefined && !answer.headers.get('content-type')?.includes('json')
}

const tooLate = (seconds: number): JitError =>
  new JitError(
    'LOGIN_FAILED',
    `Nobody finished the login within ${seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`}.`,
    'To get a new code: jit login --device',
  )
