import { type Http, HttpError, type HttpFailure, type HttpRequest } from './http.ts'

/** No answer that this program reads is near it; a larger one is a mistake or an attack. Counted after decompression. */
export const MAX_ANSWER_BYTES = 1 << 20

/** {@link Http} over the built-in fetch. Proxies: `platform/proxy.ts`. Further CAs: `NODE_EXTRA_CA_CERTS`, which Node reads itself. */
export const fetchHttp: Http = async (request) => {
  const tooLate = AbortSignal.timeout(request.timeoutMs)
  try {
    const answer = await fetch(request.url, {
      method: request.method,
      headers: request.headers ?? {},
      body: request.body ?? null,
      redirect: 'manual',
      signal: request.signal === undefined ? tooLate : AbortSignal.any([request.signal, tooLate]),
    })
    return { status: answer.status, headers: answer.headers, text: await readText(answer, request) }
  } catch (error) {
    if (error instanceof HttpError) throw error
    throw httpError(error, request)
  }
}

/** Loads the built-in fetch, which takes a start's worth of time, while something else is waited for. */
export const warmUpFetch = (): boolean => typeof Headers === 'function'

async function readText(answer: Response, request: HttpRequest): Promise<string> {
  const decoder = new TextDecoder()
  let [read, size] = ['', 0]
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new HttpError('too-large', SENTENCE['too-large'](hostOf(request.url), ''))
    read += decoder.decode(chunk, { stream: true })
  }
  return read + decoder.decode()
}

function httpError(error: unknown, request: HttpRequest): HttpError {
  const failure = request.signal?.aborted === true ? 'aborted' : classify(error, request.url)
  return new HttpError(failure, SENTENCE[failure](hostOf(request.url), innermost(error)), { cause: error })
}

/** Node's codes for a chain that does not verify (`tls.TLSSocket.authorizationError`) name the reason, not the class. */
const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|CRL_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH/
const RESET = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNABORTED'])
const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENODATA'])
const TIMEOUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

function classify(error: unknown, url: string): HttpFailure {
  for (const cause of chain(error)) {
    const code = text(member(cause, 'code'))
    if (member(cause, 'name') === 'TimeoutError' || TIMEOUT.has(code)) return 'timeout'
    if (code === 'UND_ERR_ABORTED') return 'proxy' // undici: the proxy answered CONNECT with another status than 200
    if (CERTIFICATE.test(code)) return 'certificate'
    if (code === 'ECONNREFUSED') return isElsewhere(cause, url) ? 'proxy' : 'refused'
    if (DNS.has(code)) return isElsewhere(cause, url) ? 'proxy' : 'dns'
    if (RESET.has(code)) return 'reset'
  }
  return 'other'
}

/** A connection that failed at another port or name than the URL's was the one to the proxy: redirects are not followed. */
function isElsewhere(cause: object, url: string): boolean {
  const { hostname, port, protocol } = new URL(url)
  const [failedName, failedPort] = [member(cause, 'hostname'), member(cause, 'port')]
  if (failedName !== undefined) return failedName !== hostname
  return failedPort !== undefined && failedPort !== Number(port || (protocol === 'https:' ? 443 : 80))
}

const SENTENCE: Readonly<Record<HttpFailure, (host: string, why: string) => string>> = {
  refused: (host) => `${host} refused the connection`,
  dns: (host) => `the name ${host} could not be resolved`,
  timeout: (host) => `${host} did not answer in time`,
  certificate: (host, why) => `the certificate of ${host} could not be verified (${why})`,
  reset: (host) => `${host} broke the connection`,
  proxy: (host, why) => `the proxy did not open a connection to ${host} (${why})`,
  aborted: (host) => `the call to ${host} was interrupted`,
  'too-large': (host) => `${host} answered with more than ${MAX_ANSWER_BYTES} bytes`,
  other: (host, why) => `no answer from ${host} (${why})`,
}

const innermost = (error: unknown): string => text(member([...chain(error)].at(-1), 'message')).trim()

function* chain(error: unknown): Generator<object> {
  for (let each = error; typeof each === 'object' && each !== null; each = member(each, 'cause')) {
    yield each
    if (each instanceof AggregateError) for (const one of each.errors) yield* chain(one)
  }
}

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url)
