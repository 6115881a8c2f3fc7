import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** One request under the name that the client asked for. */
export type Asked = {
  readonly host: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}
export type Answered = { readonly status: number; readonly json: unknown }

/** A server on loopback under somebody else's names, by a certificate of the test's own authority. A script answers. */
export async function startHttpsAnswerer(
  { key, cert }: { readonly key: string; readonly cert: string },
  script: (asked: Asked) => Answered,
) {
  const asked: Asked[] = []
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { headers, url: path = '' } = incoming
      const one = { host: headers.host ?? '', path, headers, body: Buffer.concat(chunks).toString() }
      asked.push(one)
      const { status, json } = script(one)
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    asked: asked as readonly Asked[],
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
