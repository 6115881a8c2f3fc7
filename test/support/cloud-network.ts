import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createProxy, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'

/** Answers for one or several host names, which it may tell apart by the Host header. */
export type HostHandler = (request: IncomingMessage, response: ServerResponse) => void

export type CloudNetwork = {
  readonly proxyUrl: string
  /** PEM of the CA that every host's certificate is signed by. */
  readonly caFile: string
  /**
   * What makes real clients use this network and no other; loopback itself is reached directly. Lacks NODE_USE_ENV_PROXY on
   * purpose: the programs under test have to find the proxy themselves.
   */
  readonly env: Readonly<Record<string, string>>
  /** `host:port` of every tunnel that was opened. */
  readonly tunnels: readonly string[]
  /** What somebody asked for and was refused, `host:port` or the URL of a plain request. Empty where nobody tried to leave. */
  readonly refused: readonly string[]
  close(): Promise<void>
}

export type CloudNetworkOptions = {
  /** Production host names, e.g. `sts.googleapis.com`, with who answers for them on port 443. */
  readonly hosts: Readonly<Record<string, HostHandler>>
}

const LOOPBACK = '127.0.0.1,localhost,::1'

/** The clouds' production names on loopback: TLS under a CA of its own, reached through a CONNECT proxy that leads nowhere else. Needs openssl. */
export async function startCloudNetwork({ hosts }: CloudNetworkOptions): Promise<CloudNetwork> {
  const handlers = new Map(Object.entries(hosts).map(([host, handler]) => [host.toLowerCase(), handler]))
  const directory = mkdtempSync(join(tmpdir(), 'jit-network-'))
  const [tunnels, refused]: [string[], string[]] = [[], []]
  const { ca, key, cert } = makeCertificate(directory, ...handlers.keys())

  const tls = createTlsServer({ key, cert }, (request, response) => {
    const host = request.headers.host ?? ''
    const handler = handlers.get(host.replace(/:443$/, '').toLowerCase())
    if (handler !== undefined) return handler(request, response)
    refused.push(host)
    return response.writeHead(421).end(`nobody answers for ${host}`) // RFC 9110 §15.5.20
  })
  const proxy = createProxy((request, response) => {
    refused.push(request.url ?? '')
    response.writeHead(403).end('no cloud is reached without TLS')
  })
  proxy.on('connect', (request, socket: Socket, head) => {
    const authority = request.url ?? ''
    const [host = '', port] = authority.toLowerCase().split(':')
    if (!handlers.has(host) || port !== '443') {
      refused.push(authority)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    tunnels.push(authority)
    pipe(socket, head, portOf(tls))
  })
  const clients = new Set<Socket>()
  proxy.on('connection', (socket) => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
  })
  await Promise.all([listening(tls), listening(proxy)])

  const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`
  return {
    proxyUrl,
    caFile: ca,
    env: { ...proxyVariables(proxyUrl), ...trustVariables(ca) },
    tunnels,
    refused,
    close: async () => {
      for (const socket of clients) socket.destroy() // tunnels, which no HTTP server counts as its own
      await Promise.all([closed(proxy), closed(tls)])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Both spellings: Python lets the small one win, Go and curl read it alone for plain http. */
function proxyVariables(proxyUrl: string): Record<string, string> {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
  return { ...Object.fromEntries(names.map((name) => [name, proxyUrl])), NO_PROXY: LOOPBACK, no_proxy: LOOPBACK }
}

/** Of node, requests (az), OpenSSL and Go, curl, aws, gcloud. */
function trustVariables(ca: string): Record<string, string> {
  const names = ['NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'AWS_CA_BUNDLE']
  return Object.fromEntries([...names, 'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE'].map((name) => [name, ca]))
}

function pipe(socket: Socket, head: Buffer, port: number): void {
  const target = connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    target.write(head)
    target.pipe(socket)
    socket.pipe(target)
  })
  const end = (): void => {
    socket.destroy()
    target.destroy()
  }
  for (const side of [socket, target]) side.on('error', end).on('close', end)
}

type Server = ReturnType<typeof createProxy> | ReturnType<typeof createTlsServer>
const portOf = (server: Server): number => (server.address() as AddressInfo).port
const listening = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
