import type { CloudCredential } from '../../contract/credential.ts'
import type { DeliveryMode } from '../../contract/target.ts'
import type { Entry, Lease, Place, PlaceKind } from '../leases/types.ts'
import type { CloudSink, Delivery, FileContent, Intent, PlannedFile } from './clouds/types.ts'
import type { Wanted } from './formats/types.ts'

/** One cloud of a target, before anybody was asked. */
export type EntryIntent = Pick<Intent, 'target' | 'profile' | 'asDefault'> &
  Pick<Entry, 'cloud'> & {
    /** What is asked for; `isolated` may take its place (`CloudSink.obstacle`). */
    readonly deliver: DeliveryMode
  }

/** One cloud of a grant with what the endpoint and the exchange gave. */
export type EntryDelivery<C extends CloudCredential = CloudCredential> = Pick<
  Entry,
  'cloud' | 'profile' | 'role' | 'asDefault' | 'validUntil' | 'renewAt'
> & { readonly credential: C }

/** What is written to a place, and the wish that it was planned with. */
export type Contents = FileContent & { readonly wanted: Omit<Wanted, 'profile'> }

/** One cloud of a lease that is about to be written: who knows how, what of it, and the lease's record of it. */
export type Parcel = { readonly sink: CloudSink; readonly delivery: Delivery; readonly entry: Entry }

/** A place, before anything is known of what goes in. */
export type PlannedPlace = Omit<Place, 'cloud' | 'secretHashes'>

/** How to use one entry of a lease. */
export type Guide = {
  readonly entry: Entry
  readonly environment: Readonly<Record<string, string>>
  readonly usage: readonly string[]
}

/** Whose file it is. Enough to wipe it, also where the rest of the lease is lost. */
export type Owner = Pick<Lease, 'id'>

/**
 * Reads, writes and wipes one kind of place, for every cloud alike. The caller holds the lock. Its promises are those of
 * docs/wiping.md; one contract suite (`test/contract/sink.test.ts`) runs every cloud's files through it.
 */
export interface Engine {
  /**
   * Says where `write` would put bytes, and refuses (`PROFILE_TAKEN`, `FILE_UNREADABLE`, `FILE_REFUSED`) what it could not
   * write or could not wipe later. Changes nothing. Called before the endpoint is asked, and again under the lock.
   */
  plan(file: PlannedFile, intent: Intent): Promise<PlannedPlace>
  /** Writes to `place`, whose lease is durable by now. Clients can use it when this resolves. */
  write(lease: Lease, place: Place, contents: Contents): Promise<void>
  /**
   * Waits until about 100 ms after `writtenAt` (ms since 1970, when `write` had resolved) for programs that had the file open
   * while `write` replaced it, and brings back what they wrote. False where such a program has overwritten ours: to be
   * written again.
   */
  confirm(lease: Lease, place: Place, contents: Contents, writtenAt: number): Promise<boolean>
  /**
   * Finishes a change of the file that a crash cut in two. Whoever changes a file calls this first for every lease in it: an
   * edit of the one half would make the other half worthless.
   */
  finish(place: Place): void
  /** Finishes what a process that died during `confirm` left open; cheap where that is nothing. */
  settle(place: Place): Promise<void>
  /** Removes what `write` may have written, wholly or in part, and only that. Idempotent; throws where a secret may remain. */
  wipe(owner: Owner, place: Place): Promise<void>
}
export type Engines = Readonly<Record<PlaceKind, Engine>>

export type OrphanSearch = {
  /** Leases that can be read; theirs is left alone. */
  readonly known: ReadonlySet<string>
  /** Leases whose entry is there but unreadable: their left-over files can go at once. */
  readonly torn: ReadonlySet<string>
  /** Leases that are ended by wish, whatever their marker says. */
  readonly ended: ReadonlySet<string>
}

/** Secrets whose lease cannot be read: removed where their own marker says that they are over, and counted where they are not. */
export type Orphans = { readonly wiped: readonly string[]; readonly alive: readonly string[] }
