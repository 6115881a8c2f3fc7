/** One call. Redirects are never followed: the endpoint has none, and a redirect would carry a proof to another host. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until the whole answer must be there. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Past every proxy: what only this machine reaches, a proxy would ask its own for. */
  readonly direct?: boolean
}
/** By name in small letters. What `Headers` can do too, which costs a start's worth of time to load. */
export type HttpHeaders = Pick<Headers, 'get' | 'entries'>
export type HttpResponse = { readonly status: number; readonly headers: HttpHeaders; readonly text: string }

/** Why no answer came, as far as the system says. `certificate`: TLS did not verify. `aborted`: `signal` fired. */
export type HttpFailure =
  | 'refused'
  | 'dns'
  | 'timeout'
  | 'certificate'
  | 'reset'
  | 'proxy'
  | 'too-large'
  | 'aborted'
  | 'other'

export class HttpError extends Error {
  readonly failure: HttpFailure
  constructor(failure: HttpFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HttpError'
    this.failure = failure
  }
}

/** Sends one request; rejects with {@link HttpError} only. Any status is an answer. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>
