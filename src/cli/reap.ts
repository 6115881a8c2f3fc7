import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import type { Host } from './host.ts'
import { openInstallation } from './installation.ts'
import { openLeasing } from './open-leasing.ts'
import { renewing } from './renewing.ts'

/** As long as an endpoint may take to exchange at every cloud, with its own retries. Nobody waits for this one. */
const LIMIT_MS = 60_000

/** `jit reap`, started by `jit elevate`: ends leases in time, and renews slices, while no other command runs. Has nobody to talk to. */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  const installation = openInstallation(host)
  const renew = renewing(host, installation, { limitMs: LIMIT_MS, signal: stop.signal })
  const slices = renewals(renew, systemClock)
  await openLeasing(host, installation).runReaper(stop.signal, (leases) => slices.tick(leases))
}
