import { join } from 'node:path'
import { type LeaseRecords, leaseRecords } from '../client/lease-records.ts'
import { type PendingRequests, pendingRequests, readPending } from '../client/pending.ts'
import { type GrantNotes, grantNotesIn } from '../client/grant-notes.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import { systemClock } from '../platform/clock.ts'
import { readFile } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { recordsIn } from '../platform/records.ts'
import type { Host } from './host.ts'
import { type OwnPlaces, ownPlaces } from './own-places.ts'

/** What can be read of this installation without network, keychain or lock, and cheaply. */
export type Installation = OwnPlaces & {
  readonly leases: LeaseRecords
  /** Why slices were not renewed, and which grants were ended from elsewhere. */
  readonly notes: GrantNotes
  readonly pending: PendingRequests
  readonly read: (path: string) => Buffer | undefined
  /** Opens the key store, and loads what that takes. */
  readonly readSealed: ServingDeps['readSealed']
}

export function openInstallation({ process, home }: Pick<Host, 'process' | 'home'>): Installation {
  const own = ownPlaces({ process, home })
  const { places, root } = own
  const read = (path: string): Buffer | undefined => readFile(nodeFileSystem, path)
  return {
    ...own,
    leases: leaseRecords(nodeFileSystem, systemClock, root),
    notes: grantNotesIn(nodeFileSystem, root),
    pending: pendingRequests(recordsIn(nodeFileSystem, join(places.state, 'requests'), readPending)),
    read,
    readSealed: async (of) => {
      const [{ openSealed }, { openKeyStore }] = await Promise.all([
        import('../client/sinks/open-sealed.ts'),
        import('./key-store.ts'),
      ])
      return openSealed({ read, keyStore: async () => openKeyStore(process.env, process.platform, places) }, of)
    },
  }
}
