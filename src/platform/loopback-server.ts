import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Peer } from './peer-owner.ts'

/** Waits on loopback for the one redirect that ends a browser login (RFC 8252 §7.3). */
export type LoopbackServer = {
  /** `http://127.0.0.1:PORT/callback` */
  readonly redirectUri: string
  /** The first accepted call, with its whole query. Rejects with the reason of `signal` when that aborts. */
  readonly answer: Promise<URL>
  close(): void
}

/** Where the accepted call is sent on to, if it comes from a program that may know. */
export type Onward = { readonly url: string; readonly admits: (peer: Peer) => boolean }

const PATH = '/callback'

/**
 * Listens on 127.0.0.1 only, at a port that the system picks. A call is accepted once, if it is a GET of the path, addressed to
 * this very host and port (no DNS rebinding), and `accepts` says so; all others get an error page and change nothing.
 *
 * @param onward Instead of a page that says that it is done.
 */
export async function listenOnLoopback(
  accepts: (query: URLSearchParams) => boolean,
  signal: AbortSignal,
  onward?: Onward,
): Promise<LoopbackServer> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const close = (): void => {
    server.close()
    server.closeIdleConnections()
  }
  const answer = new Promise<URL>((resolve, reject) => {
    server.on('request', (request, response) => {
      const url = calledUrl(request, host)
      if (url === undefined) return reply(response, 404, 'Nothing here.')
      if (!accepts(url.searchParams)) return reply(response, 400, 'This is not the login that jit waits for.')
      if (onward?.admits(request.socket) === false) return reply(response, 403, 'This is not for you.')
      if (onward === undefined)
        reply(response, 200, 'jit has the answer. You can close this page and go back to the terminal.')
      else reply(response, 303, 'Going on.', { location: onward.url })
      close()
      resolve(url)
    })
    signal.addEventListener('abort', () => {
      close()
      reject(signal.reason as Error)
    })
  })
  answer.catch(() => undefined) // the caller may still be busy opening the browser when it is aborted
  return { redirectUri: `http://${host}${PATH}`, answer, close }
}

function calledUrl(request: IncomingMessage, host: string): URL | undefined {
  const text = `http://${host}${request.url ?? ''}`
  const url = request.url?.startsWith('/') === true && URL.canParse(text) ? new URL(text) : undefined
  return request.method === 'GET' && request.headers.host === host && url?.pathname === PATH ? url : undefined
}

function reply(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(`<!doctype html><meta charset="utf-8"><title>jit</title><h1>jit</h1><p>${sentence}</p>\n`)
}
