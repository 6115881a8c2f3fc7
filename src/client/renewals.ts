import type { Clock } from '../platform/clock.ts'
import type { Lease } from './leases/types.ts'
import { needsRenewal } from './slices.ts'

/** Between two tries for one lease; the endpoint or the login may be back by then. */
const RETRY_MS = 30_000

/**
 * Keeps the slices of long grants fresh beside the reaper's own work. A renewal waits for the network and a wipe must not wait
 * for a renewal, so `tick` starts what is due and returns at once.
 */
export function renewals(renew: (lease: Lease) => Promise<unknown>, clock: Clock) {
  const running = new Set<string>()
  const tried = new Map<string, number>()
  const isDue = (lease: Lease): boolean => {
    const { id, state } = lease
    if (state !== 'active' || running.has(id) || !needsRenewal(lease, clock)) return false
    const last = tried.get(id)
    return last === undefined || Math.abs(clock.bootSeconds() * 1000 - last) >= RETRY_MS
  }
  const start = async (lease: Lease): Promise<void> => {
    running.add(lease.id)
    await renew(lease).catch(() => undefined) // it has left a note for `jit status`
    tried.set(lease.id, clock.bootSeconds() * 1000)
    running.delete(lease.id)
  }
  return {
    tick(leases: readonly Lease[]): void {
      const alive = new Set(leases.map(({ id }) => id))
      for (const id of tried.keys()) if (!alive.has(id)) tried.delete(id)
      for (const lease of leases) if (isDue(lease)) void start(lease)
    },
  }
}
