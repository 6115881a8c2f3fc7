import type { AwsCredential } from '../../contract/credential.ts'
import type { Lease, Place } from '../leases/types.ts'

/** What a sink writes. Grows with the clouds. */
export type Delivery = {
  readonly cloud: 'aws'
  readonly profile: string
  readonly grant: string
  readonly credential: AwsCredential
}

/**
 * Puts the credentials of one lease where a client looks, and takes them away again. The caller holds the lock.
 * One contract suite (`test/contract/sink.test.ts`) runs over all sinks.
 */
export interface Sink {
  readonly name: string
  /**
   * Says where `write` would put bytes, and refuses (`PROFILE_TAKEN`, `FILE_UNREADABLE`, `FILE_REFUSED`) what it could not
   * write or could not wipe later. Changes nothing. Called before the endpoint is asked, and again under the lock.
   */
  plan(lease: { readonly id: string; readonly profile: string }): Place
  /** SHA-256 (hex) of what must never be found again after the wipe. */
  secretHashes(delivery: Delivery): readonly string[]
  /** Writes the secret to `place`, whose lease is durable by now. Clients can use it when this resolves. */
  write(lease: Lease, place: Place, delivery: Delivery): Promise<void>
  /**
   * Waits until about 100 ms after `writtenAt` (ms since 1970, when `write` had resolved) for programs that had the file open
   * while `write` replaced it, and brings back what they wrote. False where such a program has overwritten ours: to be
   * written again.
   */
  confirm(lease: Lease, place: Place, writtenAt: number): Promise<boolean>
  /**
   * Finishes a change of the file that a crash cut in two. Whoever changes a file calls this first for every lease in it: an
   * edit of the one half would make the other half worthless.
   */
  finish(place: Place): void
  /** Finishes what a process that died during `confirm` left open; cheap where that is nothing. */
  settle(place: Place): Promise<void>
  /** Removes what `write` may have written, wholly or in part, and only that. Idempotent; throws where a secret may remain. */
  wipe(lease: Pick<Lease, 'id' | 'profile'>, place: Place): Promise<void>
  /** Where this sink writes for the caller as he is now; searched for secrets of leases that were lost. */
  paths(): readonly string[]
  /**
   * Secrets at `path` whose lease cannot be read: removed where their own marker says that they are over, and counted where
   * they are not. The caller holds the lock.
   */
  wipeOrphans(path: string, search: OrphanSearch): Promise<Orphans>
}

export type OrphanSearch = {
  /** Leases that can be read; theirs is left alone. */
  readonly known: ReadonlySet<string>
  /** Leases whose entry is there but unreadable: their left-over files can go at once. */
  readonly torn: ReadonlySet<string>
  /** Leases that are ended by wish, whatever their marker says. */
  readonly ended: ReadonlySet<string>
}

export type Orphans = { readonly wiped: readonly string[]; readonly alive: readonly string[] }
