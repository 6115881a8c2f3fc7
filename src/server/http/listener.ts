import { getRequestListener, type ServerType } from '@hono/node-server'
import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../config/types.ts'
import type { App } from './types.ts'

/** Access tokens carry groups, so headers are wider than node's 16 KiB. */
const LIMITS = { maxHeaderSize: 32 * 1024, headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 65_000 }
/** Calls under way get this long to finish. */
const GRACE_MS = 10_000

type RequestListener = (...call: Parameters<ReturnType<typeof getRequestListener>>) => void
/** Makes the node server, plain or TLS: its maker may open sockets, this module may not. */
export type MakeServer = (listener: RequestListener, limits: typeof LIMITS, tls: Config['listen']['tls']) => ServerType

export interface Listener {
  /** The port in use: the system's choice where 0 was asked for. */
  readonly port: number
  /** Takes no more connections, lets calls under way finish for a grace time, then cuts them. */
  close(): Promise<void>
}

/** Listens; rejects with the system's error where it cannot (address in use, no permission). */
export async function listen(
  app: App,
  { host, port, tls }: Config['listen'],
  makeServer: MakeServer,
  clock: Clock,
): Promise<Listener> {
  const answer = getRequestListener(app.fetch)
  const server = makeServer((...call) => void answer(...call), LIMITS, tls)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => closeServer(server, clock),
  }
}

async function closeServer(server: ServerType, clock: Clock): Promise<void> {
  const over = new AbortController()
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  }).finally(() => over.abort())
  await Promise.race([closed, clock.sleep(GRACE_MS, over.signal)])
  if ('closeAllConnections' in server) server.closeAllConnections()
  await closed
}
