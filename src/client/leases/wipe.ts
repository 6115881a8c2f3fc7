import { reasonOf } from '../../base/errors.ts'
import { attempt } from '../../platform/durable.ts'
import { engineOf, finishCut, type LeaseDeps } from './deps.ts'
import { queueReceipt } from './receipts.ts'
import { backoffMs } from './retry.ts'
import type { Ending, Lease, WipeOutcome } from './types.ts'

/**
 * Ends one lease; the caller holds the lock. The entry goes only after its secrets are gone for good and the receipt about that is
 * queued. Never throws: a failure leaves a `stuck` entry that each sweep tries again.
 */
export async function endLease(deps: LeaseDeps, lease: Lease, reason: Ending): Promise<WipeOutcome> {
  const { id, target } = lease
  const ending = lease.ending ?? reason
  try {
    // A full disk takes no journal entry, and the old one already leads to every place: not a reason to keep a secret.
    attempt(() => deps.store.put({ ...lease, state: 'wiping', ending }))
    await wipePlaces(deps, lease)
    forget(deps, lease)
    return { lease: id, target, wiped: true, reason: ending }
  } catch (error) {
    const why = reasonOf(error)
    if (lease.attempts === 0) attempt(() => queueReceipt(deps, lease, 'stuck', error)) // once, not at every try
    attempt(() => deps.store.put(stuck(deps, { ...lease, ending }, why)))
    return { lease: id, target, wiped: false, why }
  }
}

/** A full disk takes no receipt, and has room for one when the entry has gone. */
function forget(deps: LeaseDeps, lease: Lease): void {
  const isQueued = attempt(() => queueReceipt(deps, lease, 'wiped'))
  deps.store.remove(lease.id)
  if (!isQueued) attempt(() => queueReceipt(deps, lease, 'wiped'))
}

/**
 * What leads to a secret goes before it, so that no client finds half a delivery. One place that refuses does not save the
 * others: throws the first failure when all were tried.
 */
async function wipePlaces(deps: LeaseDeps, lease: Lease): Promise<void> {
  const failures: unknown[] = []
  for (const place of lease.places.toReversed())
    try {
      finishCut(deps, [place])
      await engineOf(deps, place).wipe(lease, place)
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}

function stuck({ clock }: LeaseDeps, lease: Lease, lastError: string): Lease {
  const attempts = lease.attempts + 1
  return { ...lease, state: 'stuck', attempts, lastError, retryAt: clock.now() + backoffMs(attempts) }
}
