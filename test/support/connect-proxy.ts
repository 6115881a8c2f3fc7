import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A real proxy on loopback, CONNECT for https and forwarding for plain http (RFC 9110 §7.6, RFC 9112 §3.2.2), that leads every name to 127.0.0.1, as a corporate proxy resolves what clients cannot. `route` gives the port for `host:port`. */
export async function startConnectProxy({
  refuse = false,
  route = (authority: string): number => Number(authority.split(':')[1]),
} = {}): Promise<{
  readonly url: string
  readonly tunnels: readonly string[]
  /** `host:port` of the plain requests that were forwarded. */
  readonly forwarded: readonly string[]
  close(): Promise<void>
}> {
  const [tunnels, forwarded]: [string[], string[]] = [[], []]
  const server = createServer((request, response) => {
    const { host } = new URL(request.url ?? '/', 'http://no-proxy-request.invalid')
    forwarded.push(host)
    if (refuse) response.writeHead(403).end()
    else forward(request, response, route(host))
  })
  server.on('connect', (request, socket, head) => {
    tunnels.push(request.url ?? '')
    if (refuse) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    const target = connect(route(request.url ?? ''), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      target.write(head)
      target.pipe(socket)
      socket.pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('error', () => target.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    forwarded,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, headers, url = '' } = request
  const { pathname, search } = new URL(url)
  const onward = send({ host: '127.0.0.1', port, method, path: `${pathname}${search}`, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}
