import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import type { Host } from './host.ts'
import { openInstallation } from './installation.ts'
import { openLeasing } from './open-leasing.ts'

/** `jit reap`, started by `jit elevate`: ends leases in time, and renews slices, while no other command runs. Has nobody to talk to. */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  const installation = openInstallation(host)
  const leasing = openLeasing(host, installation)
  const renew = async (id: string): Promise<void> => {
    const { renewer } = await import('./renewer.ts') // brings network and key store: not for leases that need none
    await renewer(host, installation, leasing, stop.signal)(id)
  }
  const { tick } = renewals(renew, systemClock)
  await leasing.runReaper(stop.signal, tick)
}
