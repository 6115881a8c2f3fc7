import { exchangeFailure } from './exchange-failure.ts'
import { type Guarded, guardedHttp } from './guarded-http.ts'
import type { Http } from '../../platform/http.ts'

export type ImpersonateCall = {
  /** `//iam.googleapis.com/projects/…/providers/…` */
  readonly audience: string
  readonly serviceAccount: string
  readonly token: string
  readonly lifetimeSeconds: number
}
export type ImpersonateAnswer = { readonly accessToken: unknown; readonly expiresAtMs: unknown }
export type Impersonate = (call: ImpersonateCall) => Promise<ImpersonateAnswer>

const STS = 'https://sts.googleapis.com/v1/token'
const IAM = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts'
const HOSTS = new Set([STS, IAM].map((url) => new URL(url).host))
/** Milliseconds for one attempt, and for both steps with their retries. */
const LIMITS = { attempt: 5_000, whole: 15_000 }

/**
 * STS token exchange, then `generateAccessToken` (clouds.md §3.1, 3.2), through Google's own library, loaded at the first
 * exchange. It is told everything: by itself it would look at the environment, and its own HTTP client follows redirects with
 * the token in the body.
 */
export function createImpersonate(http: Http, limits = LIMITS): Impersonate {
  return async ({ audience, serviceAccount, token, lifetimeSeconds }) => {
    const wire = guardedHttp(http, (host) => HOSTS.has(host), AbortSignal.timeout(limits.whole))
    // By their default: both are CommonJS, of which a bundle exports nothing else.
    const [library, sts] = await Promise.all([
      import('google-auth-library'),
      import('google-auth-library/build/src/auth/stscredentials.js'),
    ])
    const { gaxios, IdentityPoolClient } = library.default
    const { StsCredentials } = sts.default
    const transporter = new gaxios.Gaxios({
      fetchImplementation: fetchOver(wire, limits.attempt),
      // It would load an agent for the proxy, which is the concern of `http`.
      noProxy: [/^/],
    })
    class Client extends IdentityPoolClient {
      override stsCredential = new StsCredentials({ tokenExchangeEndpoint: STS, transporter })
    }
    const client = new Client({
      type: 'external_account',
      universe_domain: 'googleapis.com',
      token_url: STS,
      audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token_supplier: { getSubjectToken: () => Promise.resolve(token) },
      service_account_impersonation_url: `${IAM}/${serviceAccount}:generateAccessToken`,
      service_account_impersonation: { token_lifetime_seconds: lifetimeSeconds },
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
      transporter,
      // Without them nothing is written to the library's own log, which has request and answer with their tokens.
      useAuthRequestParameters: false,
    })
    try {
      await client.getAccessToken()
    } catch (error) {
      throw exchangeFailure(wire.last(), error)
    }
    const { access_token: accessToken, expiry_date: expiresAtMs } = client.credentials
    return { accessToken, expiresAtMs }
  }
}

/** The library speaks `fetch`; the calls go the way of all calls of this program. */
const fetchOver =
  ({ http }: Guarded, timeoutMs: number) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { body, type } = sendable(init?.body)
    const headers = { ...Object.fromEntries(new Headers(init?.headers)), 'content-type': type }
    const url = input instanceof Request ? input.url : String(input)
    const answer = await http({ method: 'POST', url, headers, body, timeoutMs })
    const { status, text } = answer
    const isBare = status === 204 || status === 205 || status === 304
    return new Response(isBare ? undefined : text, {
      status,
      headers: { 'content-type': answer.headers.get('content-type') ?? '' },
    })
  }

function sendable(body: unknown): { readonly body: string; readonly type: string } {
  if (typeof body === 'string') return { body, type: 'application/json' }
  if (body instanceof URLSearchParams) return { body: body.toString(), type: 'application/x-www-form-urlencoded' }
  throw new TypeError('Only JSON or a form is sent.')
}
