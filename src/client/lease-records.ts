import type { Clock } from '../platform/clock.ts'
import type { FileSystem } from '../platform/files.ts'
import { isDue } from './leases/due.ts'
import { readLeases, unreadableLeases } from './leases/entries.ts'
import { outboxIn } from './leases/outbox.ts'
import type { Lease, Outbox, UnreadableLease } from './leases/types.ts'

/** What can be read of leases without the sinks: loads a third of what `createLeasing` does. No lock, no secret. */
export interface LeaseRecords {
  /** What lies on this machine, sorted by end. */
  list(): readonly Lease[]
  /** Journal files that cannot be read: to be shown as loudly as a stuck lease. */
  unreadable(): readonly UnreadableLease[]
  /** Whether a sweep has anything to do; two small file reads. Asked at every start. */
  due(): boolean
  readonly outbox: Outbox
}

/** `root`: see `LeasingDeps`. */
export function leaseRecords(fs: FileSystem, clock: Clock, root: string): LeaseRecords {
  return {
    list: () => readLeases(fs, root),
    unreadable: () => unreadableLeases(fs, root),
    due: () => isDue(fs, root, clock),
    outbox: outboxIn(fs, root),
  }
}
