import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A real CONNECT proxy on loopback that leads every name to 127.0.0.1, as a corporate proxy resolves what clients cannot. `route` gives the port for `host:port`. */
export async function startConnectProxy({
  refuse = false,
  route = (authority: string): number => Number(authority.split(':')[1]),
} = {}): Promise<{
  readonly url: string
  readonly tunnels: readonly string[]
  close(): Promise<void>
}> {
  const tunnels: string[] = []
  const server = createServer((_request, response) => response.writeHead(405).end())
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
