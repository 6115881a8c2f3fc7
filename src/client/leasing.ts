import type { EndReason } from '../contract/grant.ts'
import type { Lease, NewLease, Outbox, UnreadableLease, WipeOutcome } from './leases/types.ts'
import type { Delivery } from './sinks/types.ts'

/** All that the commands need to know of leases and sinks. Rejects and throws `JitError` only. */
export interface Leasing {
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
  /** What lies on this machine; no lock, no secret. Sorted by end. */
  list(): readonly Lease[]
  /** Journal files that cannot be read: to be shown as loudly as a stuck lease. */
  unreadable(): readonly UnreadableLease[]
  /** Ends these leases now. One outcome each; a failure leaves a `stuck` lease that is retried, never an exception. */
  wipe(ids: readonly string[], reason: EndReason): Promise<readonly WipeOutcome[]>
  /** Whether `sweep` has anything to do; two small file reads. Call it at every start. */
  due(): boolean
  /** Ends what is over, retries what is stuck, finishes what a dead process began. */
  sweep(): Promise<readonly WipeOutcome[]>
  /** Sweeps until no lease lives or `signal` aborts. Returns at once where another reaper runs. */
  runReaper(signal: AbortSignal): Promise<void>
  readonly outbox: Outbox
}
