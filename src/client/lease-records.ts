import type { Clock } from '../platform/clock.ts'
import type { FileSystem } from '../platform/files.ts'
import { FileOutbox } from './leases/outbox.ts'
import { LeaseStore } from './leases/store.ts'
import type { Leasing } from './leasing.ts'

/** What can be read of leases without the sinks: loads a third of what `createLeasing` does. `root` as there. */
export function leaseRecords(
  fs: FileSystem,
  clock: Clock,
  root: string,
): Pick<Leasing, 'list' | 'unreadable' | 'outbox'> {
  const store = new LeaseStore(fs, clock, root)
  return { list: () => store.list(), unreadable: () => store.unreadable(), outbox: new FileOutbox(fs, root) }
}
