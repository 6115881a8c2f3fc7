import { defined } from '../base/defined.ts'
import { JitError } from '../base/errors.ts'
import type { Grant } from '../contract/grant.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from './connection.ts'
import type { DeliveryWish } from './pending.ts'
import type { HeldBy, LoginName } from './leases/holder.ts'
import { sharesProfile } from './leases/shares-profile.ts'
import type { Lease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { deliverOutbox } from './outbox-delivery.ts'
import type { Guide } from './sinks/types.ts'
import { fetchGrant, type FetchedGrant, type FetchDeps } from './fetched-grant.ts'

/** A lease, and how clients are told to use it. */
export type LeaseGuide = { readonly lease: Lease; readonly guides: readonly Guide[] }

export type DeliveryDeps = FetchDeps &
  Connection<'credentials' | 'endGrant' | 'receipt' | 'clockOffsetMs'> & {
    readonly leasing: Pick<Leasing, 'list' | 'write' | 'wipe' | 'outbox'>
    /** Starts the process that ends leases while no command runs. Must not throw. */
    readonly startReaper: () => void
    readonly clock: Clock
  }

/** What is known of a request since it was made or come back to, whoever is logged in by now. */
export type Asked = {
  /** The key of that moment made it. */
  readonly isOwn: boolean
  /** The login of that moment. */
  readonly asker: LoginName
}
type Wished = Pick<DeliveryWish, 'asDefault' | 'extends'> &
  Asked & {
    /** See `Order.forProgram`. */
    readonly forProgram?: boolean
  }

/**
 * Fetches and writes the credentials of these grants: all or none. Where one fails, whatever was written is wiped and every
 * grant is ended at the endpoint, but for those of another job that this one does not get: they are not its to end. An
 * interruption wipes too but lets the grants stand, so that one can come back.
 */
export async function deliverAll(
  deps: DeliveryDeps,
  granted: readonly Grant[],
  wish: Wished,
): Promise<readonly Lease[]> {
  const written: Lease[] = []
  let isOurs = wish.isOwn
  const grants = granted.map((grant) => ({ ...grant, ...wish.asker }))
  const reports: Promise<void>[] = []
  try {
    const fetched = await Promise.all(grants.map((grant) => fetchGrant(deps, grant)))
    isOurs = true
    const replaced = replacedBy(deps, fetched, wish.extends?.grant)
    const usedBy = (id: string) => defined({ usedBy: wish.forProgram === true ? id : programOf(deps, wish) })
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
      written.push(await deps.leasing.write({ ...lease, ...usedBy(lease.id) }, wanted, onUsable))
    }
    await Promise.all(reports)
    await endLeft(deps, replaced)
    await reportEnds(
      deps,
      replaced.filter((lease) => !isTakenOver(lease, fetched)),
    )
    return written
  } catch (error) {
    await Promise.allSettled(reports)
    const ids = written.map(({ id }) => id)
    if (ids.length > 0) await deps.leasing.wipe(ids, 'revoked')
    if (isOurs && !deps.signal.aborted) await reportEnds(deps, grants)
    throw error
  }
}

/** Own leases whose profile a fetched grant is about to take over, and the one that it extends: those grants have no use any more. */
function replacedBy(
  { leasing }: DeliveryDeps,
  fetched: readonly FetchedGrant[],
  extended: string | undefined,
): readonly Lease[] {
  const fresh = new Set(fetched.map(({ lease }) => lease.id))
  return leasing
    .list()
    .filter((lease) => (lease.id === extended || isTakenOver(lease, fetched)) && !fresh.has(lease.id))
}

const isTakenOver = ({ entries }: Lease, fetched: readonly FetchedGrant[]): boolean =>
  sharesProfile(
    entries,
    fetched.flatMap(({ deliveries }) => deliveries),
  )

/** What is put in the place of a program's grant ends with that program, too. */
const programOf = ({ leasing }: DeliveryDeps, { extends: extended }: Wished): Lease['usedBy'] =>
  leasing.list().find(({ id }) => id === extended?.grant)?.usedBy

/** The profile of a target may have got another name meanwhile: then the write took nothing over from what it extends. */
async function endLeft({ leasing }: DeliveryDeps, replaced: readonly Pick<Grant, 'id'>[]): Promise<void> {
  const left = leasing.list().filter(({ id }) => replaced.some((each) => each.id === id))
  if (left.length === 0) return
  await leasing.wipe(
    left.map(({ id }) => id),
    'revoked',
  )
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

/** What was given to another login than this one waits for that one. */
async function reportEnds(
  deps: DeliveryDeps,
  grants: readonly (Pick<Grant, 'id' | 'target'> & HeldBy)[],
): Promise<void> {
  const { leasing, login, api, clock } = deps
  if (grants.length === 0) return
  for (const { id, target, endpoint, holder } of grants) {
    const whose = defined({ endpoint, holder })
    leasing.outbox.add({ kind: 'end', grant: id, ...whose, target, reason: 'revoked', at: clock.now() })
  }
  const connect = async () => ({ login, api })
  await deliverOutbox({ outbox: leasing.outbox, connect, clock }, new AbortController().signal)
}

function refuseInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new JitError('INTERRUPTED', 'Interrupted before anything was written.', '')
}
