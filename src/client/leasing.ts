import { join } from 'node:path'
import type { EndReason } from '../contract/grant.ts'
import type { Clock } from '../platform/clock.ts'
import type { FileSystem } from '../platform/files.ts'
import type { KeyStore } from '../platform/keychain/types.ts'
import { withLock } from '../platform/lock.ts'
import type { ProcessTable } from '../platform/process-table.ts'
import type { Random } from '../platform/random.ts'
import { type LeaseRecords, leaseRecords } from './lease-records.ts'
import type { LeaseDeps } from './leases/deps.ts'
import { asJitError } from './leases/failure.ts'
import { assertWritable } from './leases/files.ts'
import { noteHeard } from './leases/heard.ts'
import type { HeldBy } from './leases/holder.ts'
import { outboxIn } from './leases/outbox.ts'
import { runReaper } from './leases/reaper.ts'
import { renewableLease, writeSlice } from './leases/renew.ts'
import { LeaseStore } from './leases/store.ts'
import { sweepLeases, sweepOrphans } from './leases/sweep.ts'
import type { Lease, NewLease, WipeOutcome } from './leases/types.ts'
import { endLease } from './leases/wipe.ts'
import { writeLease } from './leases/write.ts'
import { assertMakeable, assertRecordable, type IsOpen } from './makeable.ts'
import { noteStale } from './ended-grants.ts'
import { grantNotesIn } from './grant-notes.ts'
import type { CloudSink } from './sinks/clouds/types.ts'
import { createEngines } from './sinks/engines.ts'
import { grantsIn } from './sinks/grant-directory.ts'
import { searchOrphans } from './sinks/orphans.ts'
import { parcelling } from './sinks/parcels.ts'
import type { Formats } from './sinks/shared-file.ts'
import type { EntryDelivery, EntryIntent, Guide } from './sinks/types.ts'

/** All that the commands need to know of leases and sinks. Rejects and throws `JitError` only. */
export interface Leasing extends LeaseRecords {
  /**
   * Says before anyone is asked whether these could be written here and wiped again. Rejects with `PROFILE_TAKEN`,
   * `FILE_UNREADABLE`, `FILE_REFUSED`, or `USAGE` where this version has no such delivery. Changes nothing, takes no lock. A
   * profile held by an own live lease is no obstacle: `write` replaces it in one step.
   */
  check(intents: readonly EntryIntent[]): Promise<void>
  /**
   * Journal, then secrets, then journal; all clouds or none. Rejects with nothing left behind (`PROFILE_TAKEN`,
   * `FILE_UNREADABLE`, `FILE_REFUSED`, `WRITE_FAILED`, `SECRET_STORE`, `LOCKED`). `onUsable` is called as soon as clients can
   * use the credentials, about 100 ms before the promise resolves; the rest waits for foreign writers. A process that dies in
   * between loses nothing.
   */
  write(lease: NewLease, deliveries: readonly EntryDelivery[], onUsable?: (lease: Lease) => void): Promise<Lease>
  /**
   * Writes the next slice of a live lease in place of the last one, for all of its clouds or some. Never extends the lease. A
   * failure leaves the last slice where it is. Rejects with `GRANT_ENDED` where the lease is over here.
   */
  renew(id: string, deliveries: readonly EntryDelivery[]): Promise<Lease>
  /** How clients are told to use each entry of a lease. */
  guide(lease: Lease): readonly Guide[]
  /** Ends these leases now, unreadable ones too (by `UnreadableLease.id`). One outcome each; a failure leaves a `stuck` lease that is retried, never an exception. */
  wipe(ids: readonly string[], reason: EndReason): Promise<readonly WipeOutcome[]>
  /** Ends what is over, retries what is stuck, finishes what a dead process began. */
  sweep(): Promise<readonly WipeOutcome[]>
  /** The endpoint has answered for the leases that it gave to this login: strict ones may stay for another while. */
  heard(by: HeldBy): void
  /**
   * Sweeps until no lease lives or `signal` aborts. Returns at once where another reaper runs. `besides` is called at every tick;
   * it must return at once.
   */
  runReaper(signal: AbortSignal, besides?: (leases: readonly Lease[]) => void): Promise<void>
}

export type LeasingDeps = {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly random: Random
  readonly processes: ProcessTable
  /** Who we are; absent on Windows. */
  readonly uid?: number
  /**
   * Directory of this machine below the state directory (machines that share a home keep separate journals and locks). Holds
   * `leases/`, `outbox/`, `lock`, `reaper.lock`, `next-expiry`, `last-heard` and `prompt`; all of it private and without secrets.
   */
  readonly root: string
  /** Where `lock` and `reaper.lock` lie; absent: in `root`. Asked at each use. */
  readonly locks?: () => string
  /** Absent: always. */
  readonly isOpen?: IsOpen
  /** The runtime directory: holds `grants/`, the private directories of leases. */
  readonly runtime: string
  readonly sinks: readonly CloudSink[]
  readonly formats: Formats
  /** Called for sealed files only. */
  readonly keyStore: () => Promise<KeyStore>
}

const LOCK_WAIT_MS = 20_000

/** What writing, wiping and sweeping work with; the caller holds the lock. */
export function leaseDeps(deps: LeasingDeps): LeaseDeps {
  const { fs, clock, root, runtime, formats } = deps
  const engines = createEngines(deps, formats)
  const wipeOrphans = searchOrphans({ ...deps, grants: grantsIn(runtime) }, engines)
  return { store: new LeaseStore(fs, clock, root), outbox: outboxIn(fs, root), root, clock, engines, wipeOrphans }
}

export function createLeasing(deps: LeasingDeps): Leasing {
  const { fs, clock, root, locks = () => root, isOpen = () => true } = deps
  const records = leaseRecords(fs, clock, root)
  const leases = leaseDeps(deps)
  const { store } = leases
  const parcels = parcelling(deps.sinks, grantsIn(deps.runtime))
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      store.prepare()
      return await withLock(join(locks(), 'lock'), clock, LOCK_WAIT_MS, work)
    } catch (error) {
      throw asJitError(error, `Could not use ${root}`, 'Mend the cause, or set JIT_STATE_DIR, and try again.')
    }
  }
  const sweep = async (): Promise<readonly WipeOutcome[]> => {
    const outcomes = await locked(() => sweepLeases(leases))
    noteStale(grantNotesIn(fs, root), outcomes, clock.now())
    return outcomes
  }
  return {
    ...records,
    check: async (intents) => {
      assertRecordable(root, isOpen)
      for (const { lease, places } of await assertWritable(leases, await parcels.intended(intents)))
        assertMakeable(lease, places, isOpen)
    },
    write: (lease, deliveries, onUsable) =>
      locked(async () => writeLease(leases, lease, await parcels.first(lease, deliveries), onUsable)),
    renew: (id, deliveries) =>
      locked(async () => {
        const lease = renewableLease(leases, id)
        return writeSlice(leases, lease, parcels.next(lease, deliveries))
      }),
    guide: parcels.guide,
    wipe: (ids, reason) => locked(() => endLeases(leases, ids, reason)),
    sweep,
    heard: (by) => noteHeard(fs, root, clock, by),
    runReaper: (signal, besides = () => undefined) =>
      runReaper({ store, clock, locks, isDue: () => records.due(), sweep, besides }, signal),
  }
}

async function endLeases(deps: LeaseDeps, ids: readonly string[], reason: EndReason): Promise<readonly WipeOutcome[]> {
  const outcomes: WipeOutcome[] = []
  for (const lease of deps.store.list().filter(({ id }) => ids.includes(id)))
    outcomes.push(await endLease(deps, lease, reason)) // in turn: leases share files
  const lost = deps.store.unreadable().filter(({ id }) => ids.includes(id))
  return lost.length === 0 ? outcomes : [...outcomes, ...(await sweepOrphans(deps, new Set(ids)))]
}
