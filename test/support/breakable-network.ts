import { createServer, connect, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A TCP forwarder that can be slow, or lose the connection in two ways: `silent` swallows everything, `refusing` is not there at all. */
export type BreakableNetwork = {
  readonly port: number
  cut(how: 'silent' | 'refusing'): Promise<void>
  mend(): Promise<void>
  /** What is sent from now on arrives so much later. */
  slow(ms: number): void
  close(): Promise<void>
}

export async function breakableNetwork(behindPort: number): Promise<BreakableNetwork> {
  const sockets = new Set<Socket>()
  let silent = false
  let delay = 0
  const server = createServer((near) => {
    sockets.add(near)
    near.on('error', () => near.destroy())
    if (silent) {
      near.resume()
      return
    }
    const far = connect(behindPort, '127.0.0.1')
    sockets.add(far)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      const pass = (bytes: Buffer): void => void (silent || other.write(bytes))
      one.on('data', (bytes: Buffer) => (delay > 0 ? void setTimeout(pass, delay, bytes) : pass(bytes)))
      one.on('close', () => (sockets.delete(one), silent || other.destroy()))
      one.on('error', () => one.destroy())
    }
  })
  const listen = (port: number): Promise<void> => new Promise((done) => server.listen(port, '127.0.0.1', done))
  const shut = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done())
      for (const socket of sockets) socket.destroy()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    cut: async (how) => (how === 'silent' ? void (silent = true) : shut()),
    mend: async () => {
      silent = false
      if (!server.listening) return listen(port)
      for (const socket of sockets) socket.destroy() // as a router that lost its table
    },
    slow: (ms) => void (delay = ms),
    close: async () => (server.listening ? shut() : undefined),
  }
}
