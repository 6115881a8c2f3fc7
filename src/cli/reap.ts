import { holdChannel } from '../client/channel.ts'
import { courier } from '../client/courier.ts'
import type { Lease } from '../client/leases/types.ts'
import { deliverOutbox } from '../client/outbox-delivery.ts'
import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { linkToEndpoint } from './endpoint-link.ts'
import type { Host } from './host.ts'
import { type Installation, openInstallation } from './installation.ts'
import { openLeasing } from './open-leasing.ts'
import { FOR_REAPER, renewing } from './renewing.ts'

/**
 * `jit reap`, started by `jit elevate`: ends leases in time, renews slices, hears from the endpoint what is over and tells it what is
 * gone, while no other command runs. Has nobody to talk to.
 */
export async function reap(host: Host): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.process.on(signal, () => stop.abort())
  const { signal } = stop
  const installation = openInstallation(host)
  const leasing = openLeasing(host, installation)
  const link = linkToEndpoint(host, installation, signal)
  const common = { clock: systemClock, random: systemRandom }
  const slices = renewals(renewing(host, installation, { limits: FOR_REAPER, signal }), systemClock)
  const channel = holdChannel({ ...common, ...link, leasing, notes: installation.notes, signal })
  const reporting = { ...link, outbox: leasing.outbox, clock: systemClock }
  const post = courier({ ...common, outbox: leasing.outbox, deliver: () => deliverOutbox(reporting, signal) })
  const besides = (leases: readonly Lease[]): void => {
    for (const part of [slices, channel, post]) part.tick(leases)
  }
  await Promise.all([leasing.runReaper(signal, besides), keepScheduler(host, installation)])
  await Promise.race([post.last(), aborted(signal)])
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })

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
