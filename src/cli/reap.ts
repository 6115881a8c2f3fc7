import { errnoOf } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'
import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import type { Host } from './host.ts'
import { type Installation, openInstallation } from './installation.ts'
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
  await Promise.all([leasing.runReaper(stop.signal, tick), keepScheduler(host, installation)])
}

/**
 * Here and not in `jit elevate`, which started this process: nobody waits for a service manager. One that refuses leaves the work to
 * this process, and `jit doctor` says why.
 */
async function keepScheduler(host: Host, installation: Installation): Promise<void> {
  try {
    const [{ keepLayer }, { keeping }] = await Promise.all([import('../client/wake/keep.ts'), import('./keeping.ts')])
    await keepLayer(keeping(host, installation))
  } catch (error) {
    if (!(error instanceof JitError) && errnoOf(error) === undefined) throw error
  }
}
