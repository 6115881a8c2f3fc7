import { JitError, reasonOf } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { compose, type Surroundings } from './compose.ts'
import type { Config } from './config/types.ts'
import { makeApp } from './http/app.ts'
import { type Listener, listen, type MakeServer } from './http/listener.ts'
import type { Policy } from './policy/types.ts'

const SWEEP_MS = 60_000

/** Serves until `stopping` fires, then answers what is under way, closes the database and resolves. `ready` hears where it listens. */
export async function serve(
  config: Config,
  policy: Policy,
  around: Surroundings & { readonly makeServer: MakeServer },
  ready: (url: string) => void,
): Promise<void> {
  const { clock, log, stopping, makeServer } = around
  const endpoint = await compose(config, policy, around)
  try {
    await endpoint.begin()
    const listener = await listening(config, () => listen(makeApp(endpoint.services), config.listen, makeServer, clock))
    try {
      ready(urlOf(config, listener))
      await sweepUntil(stopping, clock, async () => {
        await endpoint.sweep().catch((err: unknown) => log.error({ err }, 'sweep'))
      })
    } finally {
      await listener.close()
    }
  } finally {
    await endpoint.close()
  }
}

async function sweepUntil(stopping: AbortSignal, clock: Clock, sweep: () => Promise<void>): Promise<void> {
  while (!stopping.aborted) {
    await sweep()
    await clock.sleep(SWEEP_MS, stopping)
  }
}

/** The address that cannot be listened on is the most usual mistake of all. */
async function listening({ listen: { host, port } }: Config, start: () => Promise<Listener>): Promise<Listener> {
  try {
    return await start()
  } catch (cause) {
    if (cause instanceof JitError) throw cause
    const why = reasonOf(cause)
    const message = `${host}, port ${port} cannot be listened on: ${why}.`
    throw new JitError('CONFIG', message, 'Change listen in the configuration, or stop what listens there.', { cause })
  }
}

function urlOf({ listen: { host, tls } }: Config, { port }: Listener): string {
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
