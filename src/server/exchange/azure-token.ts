import type { ClientAssertionCredentialOptions } from '@azure/identity'
import type { Http, HttpHeaders } from '../../platform/http.ts'
import { exchangeFailure } from './exchange-failure.ts'
import { guardedHttp } from './guarded-http.ts'

export type EntraCall = {
  readonly tenant: string
  readonly client: string
  readonly assertion: string
  /** The audience, without `/.default`. */
  readonly resource: string
  readonly signal: AbortSignal
}
export type EntraAnswer = { readonly accessToken: string; readonly expiresOnMs: number }
/** One call for one token; rejects with `ExchangeFailure`. */
export type AskEntra = (call: EntraCall) => Promise<EntraAnswer>

const AUTHORITY = 'https://login.microsoftonline.com'
/** The second is where Azure's own `AZURE_REGIONAL_AUTHORITY_NAME` leads. */
const HOSTS = /^(?:login\.microsoftonline\.com|[a-z0-9]{3,40}\.login\.microsoft\.com)$/
const ATTEMPT_MS = 5_000

/**
 * Client credentials with a client assertion (clouds.md §4.1) through Microsoft's own library, loaded at the first exchange. A
 * credential of its own per call: the library keeps tokens and refusals in memory by application, and grants of two people
 * must not meet there. No CAE, whose tokens would live for 28 hours. It retries nothing by itself, because it would wait as
 * long as an answer tells it to.
 */
export function createAskEntra(http: Http, attemptMs = ATTEMPT_MS): AskEntra {
  return async ({ tenant, client, assertion, resource, signal }) => {
    const wire = guardedHttp(http, (host) => HOSTS.test(host), signal)
    const { ClientAssertionCredential } = await import('@azure/identity')
    const credential = new ClientAssertionCredential(tenant, client, () => Promise.resolve(assertion), {
      authorityHost: AUTHORITY,
      // Asks where the authority is known, which it is: a public list of hosts.
      disableInstanceDiscovery: true,
      httpClient: httpClientOver(wire.http, attemptMs),
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
    })
    try {
      const { token, expiresOnTimestamp } = await credential.getToken(`${resource}/.default`)
      return { accessToken: token, expiresOnMs: expiresOnTimestamp }
    } catch (error) {
      throw exchangeFailure(wire.last(), error)
    }
  }
}

type HttpClient = NonNullable<ClientAssertionCredentialOptions['httpClient']>
type AzureHeaders = Awaited<ReturnType<HttpClient['sendRequest']>>['headers']

/** The calls go the way of all calls of this program: its proxies, its limits, no redirects. */
const httpClientOver = (http: Http, timeoutMs: number): HttpClient => ({
  async sendRequest(request) {
    const { method, url, body } = request
    if (method !== 'GET' && method !== 'POST') throw new TypeError(`Nothing is sent with ${method}.`)
    if (body !== undefined && body !== null && typeof body !== 'string') throw new TypeError('Only a text is sent.')
    const headers = Object.fromEntries(
      // Both are `http`'s to say.
      Object.entries(request.headers.toJSON()).filter(([name]) => !/^(content-length|accept-encoding)$/.test(name)),
    )
    const sent = { method, url, headers, timeoutMs, ...(typeof body === 'string' ? { body } : {}) } as const
    const answer = await http(sent)
    return { request, status: answer.status, headers: azureHeaders(answer.headers), bodyAsText: answer.text }
  },
})

function azureHeaders(from: HttpHeaders): AzureHeaders {
  // `http` has unpacked the body already.
  const values = new Map([...from.entries()].filter(([name]) => name !== 'content-encoding'))
  return {
    get: (name) => values.get(name.toLowerCase()),
    has: (name) => values.has(name.toLowerCase()),
    set: (name, value) => void values.set(name.toLowerCase(), String(value)),
    delete: (name) => void values.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(values),
    [Symbol.iterator]: () => values.entries(),
  }
}
