import { JitError } from '../base/errors.ts'
import type { Grant } from '../contract/grant.ts'
import type { Clock } from '../platform/clock.ts'
import type { ApprovalApi } from './approval/types.ts'
import { deliverOutbox } from './grant-ends.ts'
import { sharesProfile } from './leases/shares-profile.ts'
import type { Lease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import type { Guide } from './sinks/types.ts'
import { fetchGrant, type FetchedGrant, type FetchDeps } from './fetched-grant.ts'

/** A lease, and how clients are told to use it. */
export type LeaseGuide = { readonly lease: Lease; readonly guides: readonly Guide[] }

export type DeliveryDeps = Omit<FetchDeps, 'api'> & {
  readonly api: Pick<ApprovalApi, 'credentials' | 'endGrant' | 'clockOffsetMs'>
  readonly leasing: Pick<Leasing, 'list' | 'write' | 'wipe' | 'outbox'>
  /** Starts the process that ends leases while no command runs. Must not throw. */
  readonly startReaper: () => void
  readonly clock: Clock
}

/** `isOwn`: this key made the request. */
type Wished = { readonly asDefault?: boolean; readonly isOwn: boolean }

/**
 * Fetches and writes the credentials of these grants: all or none. Where one fails, whatever was written is wiped and every
 * grant is ended at the endpoint, but for those of another job that this one does not get: they are not its to end. An
 * interruption wipes too but lets the grants stand, so that one can come back.
 */
export async function deliverAll(
  deps: DeliveryDeps,
  grants: readonly Grant[],
  wish: Wished,
): Promise<readonly Lease[]> {
  const written: Lease[] = []
  let isOurs = wish.isOwn
  try {
    const fetched = await Promise.all(grants.map((grant) => fetchGrant(deps, grant)))
    isOurs = true
    const replaced = heldBy(deps, fetched)
    refuseInterrupted(deps.signal)
    for (const { lease, deliveries } of fetched) {
      const wanted = deliveries.map((delivery) => ({ ...delivery, asDefault: wish.asDefault === true }))
      written.push(await deps.leasing.write(lease, wanted, deps.startReaper))
    }
    await reportEnds(deps, replaced)
    return written
  } catch (error) {
    const ids = written.map(({ id }) => id)
    if (ids.length > 0) await deps.leasing.wipe(ids, 'revoked')
    if (isOurs && !deps.signal.aborted) await reportEnds(deps, grants)
    throw error
  }
}

/** Own leases whose profile a fetched grant is about to take over: their grants have no use any more. */
function heldBy({ leasing }: DeliveryDeps, fetched: readonly FetchedGrant[]): readonly Pick<Grant, 'id' | 'target'>[] {
  const taken = fetched.flatMap(({ deliveries }) => deliveries)
  const fresh = new Set(fetched.map(({ lease }) => lease.id))
  return leasing.list().filter(({ entries, id }) => sharesProfile(entries, taken) && !fresh.has(id))
}

async function reportEnds(deps: DeliveryDeps, grants: readonly Pick<Grant, 'id' | 'target'>[]): Promise<void> {
  const { leasing, endpoint, clock } = deps
  if (grants.length === 0) return
  for (const { id, target } of grants)
    leasing.outbox.add({ grant: id, endpoint, target, reason: 'revoked', at: clock.now() })
  const connect = async () => ({ endpoint, api: deps.api })
  await deliverOutbox({ outbox: leasing.outbox, connect, clock }, new AbortController().signal)
}

function refuseInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new JitError('INTERRUPTED', 'Interrupted before anything was written.', '')
}
