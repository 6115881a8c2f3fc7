import { type ChannelDeps, holdChannel } from '../client/channel.ts'
import { courier } from '../client/courier.ts'
import { noteHeard } from '../client/leases/heard.ts'
import { runReaper } from '../client/leases/reaper.ts'
import { LeaseStore } from '../client/leases/store.ts'
import type { Leasing } from '../client/leasing.ts'
import { deliverOutbox } from '../client/outbox-delivery.ts'
import { renewals } from '../client/renewals.ts'
import { systemClock } from '../platform/clock.ts'
import { attempt } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { givingBackMemory } from '../platform/memory.ts'
import { systemRandom } from '../platform/random.ts'
import { linkToEndpoint } from './endpoint-link.ts'
import type { Host } from './host.ts'
import { type Installation, openInstallation } from './installation.ts'
import { noticing } from './noticing.ts'
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
  const { root, leases, notes } = installation
  const link = linkToEndpoint(host, installation, signal)
  const common = { ...link, clock: systemClock, random: systemRandom }
  const leasing = wipingFor(host, installation)
  const slices = renewals(renewing(host, installation, { limits: FOR_REAPER, signal }), systemClock)
  const channel = holdChannel({ ...common, leasing, notes, signal })
  const reporting = { ...common, outbox: leases.outbox }
  const post = courier({ ...reporting, deliver: () => deliverOutbox(reporting, signal) })
  const notices = await noticing(host, installation)
  const memory = givingBackMemory(systemClock)
  const reaper = {
    store: new LeaseStore(nodeFileSystem, systemClock, root),
    clock: systemClock,
    locks: installation.locks,
    isDue: () => leases.due(),
    sweep: leasing.sweep,
    besides: (alive: ReturnType<typeof leases.list>) => {
      for (const part of [slices, channel, post, notices, memory]) attempt(() => part.tick(alive)) // each for itself
    },
  }
  await Promise.all([runReaper(reaper, signal), keepScheduler(host, installation)])
  await Promise.race([post.last(), aborted(signal)])
}

/** What a wipe takes is loaded for it: a reaper waits for hours, and memory is all that this costs anybody. */
function wipingFor(host: Host, installation: Installation): ChannelDeps['leasing'] & Pick<Leasing, 'sweep'> {
  const { root, leases } = installation
  const opened = async (): Promise<Leasing> => {
    const { openLeasing } = await import('./open-leasing.ts')
    return openLeasing(host, installation)
  }
  return {
    list: () => leases.list(),
    heard: (by) => noteHeard(nodeFileSystem, root, systemClock, by),
    wipe: async (ids, reason) => (await opened()).wipe(ids, reason),
    sweep: async () => (await opened()).sweep(),
  }
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
