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

/**
 * Fetches and writes the credentials of these grants: all or none. Where one fails, whatever was written is wiped and every
 * grant is ended at the endpoint. An interruption wipes too but lets the grants stand, so that one can come back.
 */
export async function deliverAll(
  deps: DeliveryDeps,
  grants: readonly Grant[],
  wish: { readonly asDefault?: boolean },
): Promise<readonly Lease[]> {
  const written: Lease[] = []
  const reports: Promise<void>[] = []
  try {
    const fetched = await Promise.all(grants.map((grant) => fetchGrant(deps, grant)))
    const replaced = heldBy(deps, fetched)
    refuseInterrupted(deps.signal)
    for (const { lease, deliveries } of fetched) {
      const wanted = deliveries.map((delivery) => ({ ...delivery, asDefault: wish.asDefault === true }))
      const onUsable = (): void => {
        deps.startReaper()
        reports.push(
          reported(
            deps,
            replaced.filter(({ entries }) => sharesProfile(entries, wanted)),
          ),
        )
      }
      written.push(await deps.leasing.write(lease, wanted, onUsable))
    }
    await Promise.all(reports)
    return written
  } catch (error) {
    await Promise.allSettled(reports)
    const ids = written.map(({ id }) => id)
    if (ids.length > 0) await deps.leasing.wipe(ids, 'revoked')
    if (!deps.signal.aborted) await reportEnds(deps, grants)
    throw error
  }
}

/** Own leases whose profile a fetched grant is about to take over: their grants have no use any more. */
function heldBy({ leasing }: DeliveryDeps, fetched: readonly FetchedGrant[]): readonly Lease[] {
  const taken = fetched.flatMap(({ deliveries }) => deliveries)
  const fresh = new Set(fetched.map(({ lease }) => lease.id))
  return leasing.list().filter(({ entries, id }) => sharesProfile(entries, taken) && !fresh.has(id))
}

/**
 * What a lease has replaced is over here as soon as its own credentials are usable, so the endpoint hears of it while the write
 * still watches for other programs. Settles late, but handled from the start.
 */
function reported(deps: DeliveryDeps, replaced: readonly Lease[]): Promise<void> {
  const report = reportEnds(deps, replaced)
  report.catch(() => undefined)
  return report
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
