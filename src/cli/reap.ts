import type { Host } from './host.ts'
import { openInstallation } from './installation.ts'
import { openLeasing } from './open-leasing.ts'

/** `jit reap`, started by `jit elevate`: ends leases in time while no other command runs. Has nobody to talk to. */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  await openLeasing(host, openInstallation(host)).runReaper(stop.signal)
}
