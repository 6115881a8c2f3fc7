import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request as it came over the wire. */
export type WireRequest = {
  readonly method: string
  /** Lower case, without port. */
  readonly host: string
  /** Raw, as sent. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const jsonAnswer = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(value),
})

const BODY_LIMIT = 256 * 1024

/** A listener for `node:http` and `node:https`. What `answer` throws is a bug of the simulator: 500 with the reason. */
export const listenerOf =
  (answer: (request: WireRequest) => Promise<Answer>) =>
  (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    readRequest(incoming)
      .then(answer)
      .then(
        ({ status, headers, body }) =>
          outgoing.writeHead(status, headers).end(incoming.method === 'HEAD' ? undefined : body),
        (error: unknown) => outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
      )
  }

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming) {
    const bytes: Buffer = chunk
    length += bytes.length
    if (length > BODY_LIMIT) throw new Error('body too large')
    chunks.push(bytes)
  }
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?')
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
  return {
    method: incoming.method ?? '',
    host: (headers['host'] ?? '').replace(/:\d+$/, '').toLowerCase(),
    path,
    query: new URLSearchParams(query),
    headers,
    body: Buffer.concat(chunks),
  }
}
