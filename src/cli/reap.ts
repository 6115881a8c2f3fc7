import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import type { Host } from './host.ts'
import { openInstallation } from './installation.ts'
import { openLeasing } from './open-leasing.ts'
import { FOR_REAPER, renewing } from './renewing.ts'

/** `jit reap`, started by `jit elevate`: ends leases in time, and renews slices, while no other command runs. Has nobody to talk to. */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  const installation = openInstallation(host)
  const renew = renewing(host, installation, { limits: FOR_REAPER, signal: stop.signal })
  const slices = renewals(renew, systemClock)
  await openLeasing(host, installation).runReaper(stop.signal, (leases) => slices.tick(leases))
}
