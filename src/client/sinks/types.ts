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
  /** Writes the secret to `place`, whose lease is durable by now. */
  write(lease: Lease, place: Place, delivery: Delivery): void
  /** Removes what `write` may have written, wholly or in part, and only that. Idempotent; throws where a secret may remain. */
  wipe(lease: Lease, place: Place): void
}
