import { type Http, HttpError, type HttpRequest, type HttpResponse } from '../../platform/http.ts'

/** The last call of an exchange: what was said, or why nothing was. */
export type LastCall = { readonly host: string; readonly answer?: HttpResponse; readonly failure?: HttpError }

export type Guarded = {
  /** Over https to the allowed hosts and nowhere else, whatever a library was told: each of its calls carries a grant token. */
  readonly http: Http
  /** Libraries wrap errors until nobody knows the status; what came over the wire is plain. */
  readonly last: () => LastCall | undefined
}

/** For one exchange. `signal` ends all of its calls. */
export function guardedHttp(http: Http, isAllowed: (host: string) => boolean, signal: AbortSignal): Guarded {
  let last: LastCall | undefined
  async function send(request: HttpRequest): Promise<HttpResponse> {
    const { protocol, host } = new URL(request.url)
    if (protocol !== 'https:' || !isAllowed(host))
      throw new HttpError('other', `${protocol}//${host} is not where this exchange may go`)
    const tooLate = (cause?: unknown): HttpError =>
      new HttpError('timeout', `${host} did not answer in time`, { cause })
    if (signal.aborted) throw tooLate()
    return http({ ...request, signal }).catch((cause: unknown) => {
      throw signal.aborted ? tooLate(cause) : cause
    })
  }
  return {
    last: () => last,
    async http(request) {
      const host = URL.canParse(request.url) ? new URL(request.url).host : ''
      try {
        const answer = await send(request)
        last = { host, answer }
        return answer
      } catch (error) {
        if (error instanceof HttpError) last = { host, failure: error }
        throw error
      }
    },
  }
}
