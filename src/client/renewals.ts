import type { Clock } from '../platform/clock.ts'
import type { Lease } from './leases/types.ts'
import { needsRenewal } from './slices.ts'

/** A failed renewal is tried again after this; the endpoint or the login may be back by then. */
const RETRY_MS = 30_000

/**
 * Keeps the slices of long grants fresh beside the reaper's own work. A renewal waits for the network and a wipe must not wait
 * for a renewal, so `tick` starts what is due and returns at once.
 */
export function renewals(renew: (id: string) => Promise<unknown>, clock: Pick<Clock, 'now'>) {
  const notBefore = new Map<string, number>()
  const start = async (id: string): Promise<void> => {
    notBefore.set(id, Number.POSITIVE_INFINITY)
    try {
      await renew(id)
      notBefore.delete(id)
    } catch {
      notBefore.set(id, clock.now() + RETRY_MS) // `jit status` shows what has lapsed
    }
  }
  return {
    tick(leases: readonly Lease[]): void {
      for (const lease of leases)
        if (lease.state === 'active' && needsRenewal(lease, clock) && (notBefore.get(lease.id) ?? 0) <= clock.now())
          void start(lease.id)
    },
  }
}
