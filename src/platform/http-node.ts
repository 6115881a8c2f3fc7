import type { IncomingMessage } from 'node:http'
import { type Http, HttpError, type HttpFailure, type HttpHeaders, type HttpRequest } from './http.ts'

/** No answer that this program reads is near it; a larger one is a mistake or an attack. Counted after decompression. */
export const MAX_ANSWER_BYTES = 1 << 20

/**
 * {@link Http} over `node:http` and `node:https`, whose loading takes a third of the time of the built-in fetch's. Proxies:
 * `platform/proxy.ts`. Further CAs: `NODE_EXTRA_CA_CERTS`, which Node reads itself.
 */
export const nodeHttp: Http = async (request) => {
  const tooLate = AbortSignal.timeout(request.timeoutMs)
  const signal = request.signal === undefined ? tooLate : AbortSignal.any([request.signal, tooLate])
  try {
    const answer = await send(request, signal)
    return { status: answer.statusCode ?? 0, headers: headersOf(answer), text: await readText(answer, request) }
  } catch (error) {
    if (error instanceof HttpError) throw error
    // An answer that is cut off here looks like one that the other side broke off.
    throw httpError(tooLate.aborted ? tooLate.reason : error, request)
  }
}

/**
 * By call: an `import` of node:http reads all its members, and one of them (`WebSocket`) loads the built-in fetch.
 * node:https brings node:http along.
 */
const clientFor = (protocol: string) =>
  protocol === 'http:' ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https')

/** Loads the client, which takes a part of a start, while something else is waited for. */
export const warmUpHttp = (): void => void clientFor('https:')

function send({ method, url, headers, body, direct }: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const client = clientFor(new URL(url).protocol)
    const outgoing = client.request(url, {
      ...(direct === true && { agent: new client.Agent() }), // only the global agent goes by the proxy variables
      method,
      headers: { 'user-agent': 'jit', ...headers, ...length },
      signal,
    })
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function headersOf({ headers }: IncomingMessage): HttpHeaders {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
  return { get: (name) => values.get(name.toLowerCase()) ?? null, entries: () => values.entries() }
}

async function readText(answer: IncomingMessage, request: HttpRequest): Promise<string> {
  const decoder = new TextDecoder()
  let [read, size] = ['', 0]
  for await (const chunk of await unpacked(answer)) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new HttpError('too-large', SENTENCE['too-large'](hostOf(request.url), ''))
    read += decoder.decode(chunk, { stream: true })
  }
  return read + decoder.decode()
}

/** Nobody asks for compression here, but gateways have been seen that compress unasked. */
async function unpacked(answer: IncomingMessage): Promise<AsyncIterable<Uint8Array>> {
  if (answer.headers['content-encoding'] !== 'gzip') return answer
  const [{ createGunzip }, { pipeline }] = await Promise.all([import('node:zlib'), import('node:stream')])
  return pipeline(answer, createGunzip(), () => undefined) // a failure shows to whoever reads
}

function httpError(error: unknown, request: HttpRequest): HttpError {
  const failure = request.signal?.aborted === true ? 'aborted' : classify(error, request.url)
  return new HttpError(failure, SENTENCE[failure](hostOf(request.url), innermost(error)), { cause: error })
}

/** Node's codes for a chain that does not verify (`tls.TLSSocket.authorizationError`) name the reason, not the class. */
const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|CRL_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH/
const RESET = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])
const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENODATA'])

function classify(error: unknown, url: string): HttpFailure {
  for (const cause of chain(error)) {
    const code = text(member(cause, 'code'))
    if (member(cause, 'name') === 'TimeoutError' || code === 'ETIMEDOUT') return 'timeout'
    if (code === 'ERR_PROXY_TUNNEL') return 'proxy' // it answered CONNECT with another status than 200
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
