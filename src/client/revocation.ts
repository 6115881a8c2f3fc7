import type { Reporting } from './grant-ends.ts'
import { deliverOutbox } from './grant-ends.ts'
import type { Lease, WipeOutcome } from './leases/types.ts'
import type { Leasing } from './leasing.ts'

export type RevocationDeps = { readonly leasing: Pick<Leasing, 'list' | 'wipe' | 'outbox'> } & Omit<Reporting, 'outbox'>

export type Revocation = {
  readonly lease: Lease
  readonly wiped: boolean
  /** What stands in the way of the wipe. */
  readonly why?: string
  /** The endpoint knows. */
  readonly confirmed: boolean
  /** Not confirmed, but the message is on disk and will be sent. */
  readonly queued: boolean
}

/**
 * Wipes everything chosen from this machine, then tells the endpoint: neither a slow network nor one file that refuses may
 * leave another credential usable. The message is queued before the wipe, so a crash in between still reaches the endpoint.
 * Failures are results, so nothing stops early.
 */
export async function revoke(
  deps: RevocationDeps,
  pick: (lease: Lease) => boolean,
  signal: AbortSignal,
): Promise<readonly Revocation[]> {
  const chosen = deps.leasing.list().filter(pick)
  const queued = new Set(chosen.filter((lease) => queue(deps, lease)).map(({ id }) => id))
  const outcomes = await deps.leasing.wipe(
    chosen.map(({ id }) => id),
    'revoked',
  )
  const confirmed = await deliverOutbox({ ...deps, outbox: deps.leasing.outbox }, signal)
  return chosen.map((lease) => ({
    lease,
    ...wipeOf(outcomes, lease),
    confirmed: confirmed.has(lease.id),
    queued: queued.has(lease.id) && !confirmed.has(lease.id),
  }))
}

/** A full disk must not keep the credentials from being wiped, so a message that can't be queued is only reported. */
function queue({ leasing, clock }: RevocationDeps, { id, endpoint, target }: Lease): boolean {
  try {
    leasing.outbox.add({ grant: id, endpoint, target, reason: 'revoked', at: clock.now() })
    return true
  } catch {
    return false
  }
}

function wipeOf(outcomes: readonly WipeOutcome[], lease: Lease): { wiped: boolean; why?: string } {
  const outcome = outcomes.find((each) => each.lease === lease.id)
  if (outcome === undefined) return { wiped: true } // another process ended it meanwhile
  return outcome.wiped ? { wiped: true } : { wiped: false, why: outcome.why }
}
