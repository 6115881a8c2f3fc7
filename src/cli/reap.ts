import { runReaper } from '../client/leases/reaper.ts'
import { LeaseStore } from '../client/leases/store.ts'
import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import type { Host } from './host.ts'
import { type Installation, openInstallation } from './installation.ts'
import { FOR_REAPER, renewing } from './renewing.ts'

/** `jit reap`, started by `jit elevate`: ends leases in time, and renews slices, while no other command runs. Has nobody to talk to. */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  const installation = openInstallation(host)
  const renew = renewing(host, installation, { limits: FOR_REAPER, signal: stop.signal })
  const slices = renewals(renew, systemClock)
  await Promise.all([
    runReaper(
      {
        store: new LeaseStore(nodeFileSystem, systemClock, installation.root),
        clock: systemClock,
        locks: installation.locks,
        isDue: () => installation.leases.due(),
        sweep: () => sweep(host, installation),
        besides: (leases) => slices.tick(leases),
      },
      stop.signal,
    ),
    keepScheduler(host, installation),
  ])
}

/** What a wipe takes is loaded for it: a reaper waits for hours, and memory is all that this costs anybody. */
async function sweep(host: Host, installation: Installation): Promise<unknown> {
  const { openLeasing } = await import('./open-leasing.ts')
  return openLeasing(host, installation).sweep()
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
