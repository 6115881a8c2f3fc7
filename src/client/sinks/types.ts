import type { AwsCredential } from '../../contract/grant.ts'
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
 * One contract suite (`test/contract/sink.ts`) runs over all sinks.
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
  /** Writes the secret to `place`, whose lease is durable by now, and proves by reading that a client finds it. */
  write(lease: Lease, place: Place, delivery: Delivery): Promise<void>
  /**
   * Ends the time in which a foreign writer may still have the displaced file open: its bytes are merged, the second link
   * goes. Cheap where nothing is left to do, so a later process can finish what a killed one began.
   */
  settle(lease: Lease, place: Place): Promise<void>
  /** Removes what `write` may have written, wholly or in part, and only that. Idempotent; throws where a secret may remain. */
  wipe(lease: Lease, place: Place): Promise<void>
  /** Removes blocks whose own marker says that they are over and that no lease in `known` names. Returns the ids removed. */
  wipeOrphans(path: string, known: ReadonlySet<string>, nowMs: number): Promise<readonly string[]>
}
