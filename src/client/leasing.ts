import { join } from 'node:path'
import type { Environment } from '../base/environment.ts'
import type { EndReason } from '../contract/grant.ts'
import type { Clock } from '../platform/clock.ts'
import type { FileSystem } from '../platform/files.ts'
import { withLock } from '../platform/lock.ts'
import { type LeaseRecords, leaseRecords } from './lease-records.ts'
import type { LeaseDeps } from './leases/deps.ts'
import { asJitError } from './leases/failure.ts'
import { runReaper } from './leases/reaper.ts'
import { LeaseStore } from './leases/store.ts'
import { sweepLeases, sweepOrphans } from './leases/sweep.ts'
import type { Lease, NewLease, WipeOutcome } from './leases/types.ts'
import { endLease } from './leases/wipe.ts'
import { writeLease } from './leases/write.ts'
import { AwsFiles } from './sinks/aws-files.ts'
import type { Delivery } from './sinks/types.ts'

/** All that the commands need to know of leases and sinks. Rejects and throws `JitError` only. */
export interface Leasing extends LeaseRecords {
  /**
   * Says before anyone is asked whether `profile` could be written here and wiped again. Throws `PROFILE_TAKEN`,
   * `FILE_UNREADABLE` or `FILE_REFUSED`. Changes nothing, takes no lock. A profile held by an own live lease is no obstacle:
   * `write` replaces it in one step.
   */
  check(profile: string): void
  /**
   * Journal, then secret, then journal. Rejects with nothing left behind (`PROFILE_TAKEN`, `FILE_UNREADABLE`, `FILE_REFUSED`,
   * `WRITE_FAILED`, `LOCKED`). `onUsable` is called as soon as clients can use the credentials, about 100 ms before the
   * promise resolves; the rest waits for foreign writers. A process that dies in between loses nothing.
   */
  write(lease: NewLease, delivery: Delivery, onUsable?: (lease: Lease) => void): Promise<Lease>
  /** Ends these leases now, unreadable ones too (by `UnreadableLease.id`). One outcome each; a failure leaves a `stuck` lease that is retried, never an exception. */
  wipe(ids: readonly string[], reason: EndReason): Promise<readonly WipeOutcome[]>
  /** Ends what is over, retries what is stuck, finishes what a dead process began. */
  sweep(): Promise<readonly WipeOutcome[]>
  /** Sweeps until no lease lives or `signal` aborts. Returns at once where another reaper runs. */
  runReaper(signal: AbortSignal): Promise<void>
}

export type LeasingDeps = {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly env: Environment
  readonly home: string
  /** Who we are; absent on Windows. */
  readonly uid?: number
  /**
   * Directory of this machine below the state directory (machines that share a home keep separate journals and locks). Holds
   * `leases/`, `outbox/`, `lock`, `reaper.lock` and `next-expiry`; all of it private and without secrets.
   */
  readonly root: string
}

const LOCK_WAIT_MS = 20_000
/** Stands in for the grant's id while nobody has been asked yet. */
const NO_GRANT = 'none'

export function createLeasing(deps: LeasingDeps): Leasing {
  const { fs, clock, root } = deps
  const records = leaseRecords(fs, clock, root)
  const store = new LeaseStore(fs, clock, root)
  const sink = new AwsFiles(deps)
  const leases: LeaseDeps = { store, clock, sinks: [sink] }
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      store.prepare()
      return await withLock(join(root, 'lock'), clock, LOCK_WAIT_MS, work)
    } catch (error) {
      throw asJitError(error, `Could not use ${root}`, 'Mend the cause, or set JIT_STATE_DIR, and try again.')
    }
  }
  const sweep = (): Promise<readonly WipeOutcome[]> => locked(() => sweepLeases(leases))
  return {
    ...records,
    check: (profile) => void sink.plan({ id: NO_GRANT, profile }),
    write: (lease, delivery, onUsable) => locked(() => writeLease(leases, sink, lease, delivery, onUsable)),
    wipe: (ids, reason) => locked(() => endLeases(leases, ids, reason)),
    sweep,
    runReaper: (signal) => runReaper({ store, clock, root, isDue: () => records.due(), sweep }, signal),
  }
}

async function endLeases(deps: LeaseDeps, ids: readonly string[], reason: EndReason): Promise<readonly WipeOutcome[]> {
  const outcomes: WipeOutcome[] = []
  for (const lease of deps.store.list().filter(({ id }) => ids.includes(id)))
    outcomes.push(await endLease(deps, lease, reason)) // in turn: leases share files
  const lost = deps.store.unreadable().filter(({ id }) => ids.includes(id))
  return lost.length === 0 ? outcomes : [...outcomes, ...(await sweepOrphans(deps, new Set(ids)))]
}
