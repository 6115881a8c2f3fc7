import { JitError } from '../../base/errors.ts'
import type { GcpCredential } from '../../contract/credential.ts'
import type { Clock } from '../../platform/clock.ts'
import { type Http, HttpError, type HttpResponse } from '../../platform/http.ts'
import { gcpRefusal, gcpUnusable, gcpUnreachable } from './gcp-refusal.ts'

export type GcpExchangeDeps = {
  readonly http: Http
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How far this machine's clock is ahead of the endpoint's, in ms. */
  readonly clockOffsetMs: number
}

/** `expiresAt`: ms since 1970 on this machine's clock. */
export type GcpAccessToken = { readonly accessToken: string; readonly expiresAt: number }

const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'
const FORM = 'application/x-www-form-urlencoded'
const LIMIT_MS = { attempt: 5_000, whole: 10_000 }
/**
 * The access token that clients send. `federated`: from Google's STS for the grant token (RFC 8693, clouds.md §3.1);
 * `impersonated`: the endpoint has it already, and nothing is loaded or asked. Throws `CLOUD_REFUSED`, `CLOUD_UNAVAILABLE`.
 */
export async function gcpAccessToken(deps: GcpExchangeDeps, credential: GcpCredential): Promise<GcpAccessToken> {
  const { clock, clockOffsetMs } = deps
  const sliceEnds = Date.parse(credential.notAfter) + clockOffsetMs
  if (credential.kind === 'impersonated') {
    const expiresAt = Math.min(sliceEnds, Date.parse(credential.expiration) + clockOffsetMs)
    return { accessToken: credential.accessToken, expiresAt }
  }
  const asked = clock.now()
  const { accessToken, livesMs } = await exchange(deps, credential)
  return { accessToken, expiresAt: Math.min(asked + livesMs, sliceEnds) }
}

type Federated = Extract<GcpCredential, { readonly kind: 'federated' }>

async function exchange(deps: GcpExchangeDeps, { subjectToken, audience }: Federated) {
  const wire = recordingFetch(deps)
  const { GoogleSts } = await import('./google-sts.ts')
  const client = new GoogleSts(wire.fetch, deps.signal)
  try {
    const { access_token, token_type, expires_in } = await client.exchangeToken({
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience,
      scope: [CLOUD_PLATFORM],
      requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      subjectToken,
      subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    })
    return checked({ access_token, token_type, expires_in })
  } catch (error) {
    const last = wire.last()
    if (error instanceof JitError || last === undefined) throw error
    if (last instanceof HttpError) throw gcpUnreachable(last)
    throw gcpRefusal(last, [subjectToken]) // the error itself goes nowhere: it carries the request, and so the token
  }
}

/** Our `Http` in the form of fetch: proxy and CAs of the environment, no redirects, limits, and a name for every failure. */
function recordingFetch({ http, clock, signal }: GcpExchangeDeps) {
  const end = clock.now() + LIMIT_MS.whole
  let last: HttpResponse | HttpError | undefined
  const fetch: typeof globalThis.fetch = async (url, init) => {
    try {
      last = await http({
        method: 'POST',
        url: url instanceof Request ? url.url : String(url),
        headers: { ...Object.fromEntries(new Headers(init?.headers)), 'content-type': FORM },
        body: init?.body instanceof URLSearchParams ? init.body.toString() : '',
        timeoutMs: Math.max(1, Math.min(LIMIT_MS.attempt, end - clock.now())),
        signal,
      })
      return new Response(last.text, { status: last.status, headers: [...last.headers.entries()] })
    } catch (error) {
      if (error instanceof HttpError) last = error
      throw error
    }
  }
  return { fetch, last: () => last }
}

/** What comes back is written into files that other programs parse. */
function checked(answer: {
  readonly access_token: unknown
  readonly token_type: unknown
  readonly expires_in: unknown
}): { readonly accessToken: string; readonly livesMs: number } {
  const { access_token: token, token_type: type, expires_in: seconds } = answer
  if (typeof token !== 'string' || !/^[\w.~+/=-]{16,16384}$/.test(token)) throw gcpUnusable('no usable access token')
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw gcpUnusable('a token that is no bearer token')
  if (typeof seconds !== 'number' || !(seconds > 0)) throw gcpUnusable('no time of expiry')
  return { accessToken: token, livesMs: seconds * 1000 }
}
