import { reasonOf } from '../../base/errors.ts'
import { attempt } from '../../platform/durable.ts'
import { finishCut, type LeaseDeps, sinkOf } from './deps.ts'
import { backoffMs } from './retry.ts'
import type { Ending, Lease, WipeOutcome } from './types.ts'

/**
 * Ends one lease; the caller holds the lock. The entry goes only after its secrets are gone for good. Never throws: a failure
 * leaves a `stuck` entry that each sweep tries again.
 */
export async function endLease(deps: LeaseDeps, lease: Lease, reason: Ending): Promise<WipeOutcome> {
  const { id, target } = lease
  const ending = lease.ending ?? reason
  try {
    // A full disk takes no journal entry, and the old one already leads to every place: not a reason to keep a secret.
    attempt(() => deps.store.put({ ...lease, state: 'wiping', ending }))
    finishCut(deps, lease.places)
    for (const place of lease.places) await sinkOf(deps, place.sink).wipe(lease, place)
    deps.store.remove(id)
    return { lease: id, target, wiped: true, reason: ending }
  } catch (error) {
    const why = reasonOf(error)
    attempt(() => deps.store.put(stuck(deps, { ...lease, ending }, why)))
    return { lease: id, target, wiped: false, why }
  }
}

function stuck({ clock }: LeaseDeps, lease: Lease, lastError: string): Lease {
  const attempts = lease.attempts + 1
  return { ...lease, state: 'stuck', attempts, lastError, retryAt: clock.now() + backoffMs(attempts) }
}
