import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import type { Host } from './host.ts'
import { type Installation, openInstallation } from './installation.ts'
import { noticing } from './noticing.ts'
import { openLeasing } from './open-leasing.ts'
import { FOR_REAPER, renewing } from './renewing.ts'

/** `jit reap`, started by `jit elevate`: ends leases in time, and renews slices, while no other command runs. Has nobody to talk to. */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  const installation = openInstallation(host)
  const renew = renewing(host, installation, { limits: FOR_REAPER, signal: stop.signal })
  const slices = renewals(renew, systemClock)
  const told = await noticing(host, installation)
  const reaping = openLeasing(host, installation).runReaper(stop.signal, (leases) => {
    for (const part of [slices, told]) part.tick(leases)
  })
  await Promise.all([reaping, keepScheduler(host, installation)])
}

/**
 * Here and not in `jit elevate`, which started this process: nobody waits for a service manager. Whatever goes wrong, a mistake of
 * ours included, must not cost the reaper; `jit doctor` meets it too, and says it.
 */
async function keepScheduler(host: Host, installation: Installation): Promise<boolean> {
  try {
    const [{ keepLayer }, { keeping }] = await Promise.all([import('../client/wake/keep.ts'), import('./keeping.ts')])
    await keepLayer(keeping(host, installation))
    return true
  } catch {
    return false
  }
}
