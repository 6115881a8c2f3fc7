import type { Configuration, DPoPHandle } from 'openid-client'
import { clockOffset, refuseSkew } from '../../base/clock-skew.ts'
import { isProtected } from '../../base/protected-url.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Http, HttpResponse } from '../../platform/http.ts'
import { dpopKeyPair } from './dpop-key-pair.ts'
import { idpError, type IdpFailure } from './idp-error.ts'
import type { DpopKey } from './types.ts'

const IDP_LIMIT_MS = 15_000

/** What the IdP gives for a login or a refresh. */
export type IdpTokens = { readonly idToken: string; readonly refreshToken?: string }

/** One IdP and one of our clients there. Calls go through our `Http`, so limits, proxies and errors are ours. */
export type Idp = {
  readonly issuer: string
  /** openid-client's own configuration, for the calls that it knows. */
  readonly config: Configuration
  /** Binds refresh tokens to the key of this login (RFC 9449 §5); absent where the IdP offers no DPoP. */
  readonly options: { readonly DPoP?: DPoPHandle }
  /** Raw text of the last answer: for what openid-client would not understand. */
  lastAnswer(): HttpResponse | undefined
  /** Why the last call failed, as the error that the user sees. */
  failed(error: unknown, failure: IdpFailure): Error
}

export type IdpDeps = { readonly http: Http; readonly clock: Clock; readonly platform: NodeJS.Platform }

/** Reads the IdP's own discovery document (OpenID Connect Discovery §4) and refuses to go on with a clock that is far off. */
export async function connectIdp(
  { http, clock, platform }: IdpDeps,
  at: { readonly issuer: string; readonly clientId: string; readonly key: DpopKey; readonly signal?: AbortSignal },
): Promise<Idp> {
  const openid = await import('openid-client')
  const wire = recordingFetch(http, at.signal)
  const failed: Idp['failed'] = (error, failure) => idpError(at.issuer, error, wire.last(), failure)
  const issuer = new URL(at.issuer)
  const found = await openid
    .discovery(issuer, at.clientId, undefined, openid.None(), {
      [openid.customFetch]: wire.fetch,
      ...(issuer.protocol === 'http:' && isProtected(issuer) && { execute: [openid.allowInsecureRequests] }),
    })
    .catch((error: unknown) => {
      throw failed(error, 'discovery')
    })

  const offsetMs = clockOffset(wire.last()?.headers ?? new Headers(), clock.now()) ?? 0
  refuseSkew(offsetMs, platform)
  const client = { [openid.clockSkew]: Math.round(-offsetMs / 1000), [openid.clockTolerance]: 30 }
  const config = new openid.Configuration(found.serverMetadata(), at.clientId, client, openid.None())
  config[openid.customFetch] = wire.fetch
  config.timeout = IDP_LIMIT_MS / 1000
  if (issuer.protocol === 'http:') openid.allowInsecureRequests(config)
  const bound = config.serverMetadata()['dpop_signing_alg_values_supported']
  const options =
    Array.isArray(bound) && bound.includes('ES256')
      ? { DPoP: openid.getDPoPHandle(config, await dpopKeyPair(at.key)) }
      : {}
  return { issuer: at.issuer, config, options, lastAnswer: wire.last, failed }
}

type FetchInit = { readonly method: string; readonly headers: Record<string, string>; readonly body?: unknown }

/** Our `Http` in the form of fetch. Redirects are never followed, answers are limited, every failure has a name. */
function recordingFetch(http: Http, signal: AbortSignal | undefined) {
  let last: HttpResponse | undefined
  return {
    last: () => last,
    fetch: async (url: string, { method, headers, body }: FetchInit): Promise<Response> => {
      last = undefined
      last = await http({
        method: method === 'POST' ? 'POST' : 'GET',
        url,
        headers,
        ...(body instanceof URLSearchParams && { body: body.toString() }),
        timeoutMs: IDP_LIMIT_MS,
        ...(signal && { signal }),
      })
      const { status } = last
      return new Response(status === 204 || status === 304 ? null : last.text, {
        status,
        headers: [...last.headers.entries()],
      })
    },
  }
}
