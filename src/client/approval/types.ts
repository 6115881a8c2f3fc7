import type { ChannelAnswer, ChannelCall } from '../../contract/channel.ts'
import type { CredentialsAnswer, Grant, PublicKey } from '../../contract/grant.ts'
import type { Receipt } from '../../contract/receipt.ts'
import type { AccessRequest, Explanation, NewRequest } from '../../contract/request.ts'
import type { Me } from '../../contract/session.ts'
import type { Stop, StopAnswer, StopCall } from '../../contract/stop.ts'
import type { Target } from '../../contract/target.ts'

/**
 * The endpoint's API, logged in. Rejects with `JitError`: LOGIN_NEEDED, STEP_UP_NEEDED, DENIED, NOT_FOUND, NO_DECISION,
 * ENDPOINT_UNREACHABLE, ENDPOINT_REFUSED, ENDPOINT_INVALID, USAGE, CONFLICT, GRANT_ENDED, CLOUD_REFUSED,
 * CLOUD_UNAVAILABLE, CLOCK_SKEW.
 */
export interface ApprovalApi {
  /** Thumbprint (RFC 7638) of the key that proves these calls. */
  readonly jkt: string
  me(signal?: AbortSignal): Promise<Me>
  targets(signal?: AbortSignal): Promise<readonly Target[]>
  explain(request: NewRequest, signal?: AbortSignal): Promise<Explanation>
  /** `idempotencyKey` makes a repeat after a lost answer return the first request. */
  ask(request: NewRequest, idempotencyKey: string, signal?: AbortSignal): Promise<AccessRequest>
  /**
   * Answers at once, or with `waitSeconds` (at most `LONGEST_WAIT_SECONDS`) as soon as the request is no longer pending. `DENIED`
   * for the wait of a job where another run asked.
   */
  request(id: string, waitSeconds: number, signal?: AbortSignal): Promise<AccessRequest>
  requests(which: 'mine' | 'to-review', signal?: AbortSignal): Promise<readonly AccessRequest[]>
  approve(id: string, signal?: AbortSignal): Promise<AccessRequest>
  deny(id: string, reason: string, signal?: AbortSignal): Promise<AccessRequest>
  cancel(id: string, signal?: AbortSignal): Promise<AccessRequest>
  credentials(grantId: string, key: PublicKey, signal?: AbortSignal): Promise<CredentialsAnswer>
  endGrant(grantId: string, signal?: AbortSignal): Promise<Grant>
  /** Which of the grants named are over: at once, or as soon as one is, or after the wait with none. */
  channel(call: ChannelCall, signal?: AbortSignal): Promise<ChannelAnswer>
  receipt(grantId: string, receipt: Receipt, signal?: AbortSignal): Promise<void>
  /** Throws the kill switch; `DENIED` to all but administrators, as are the next two. */
  stop(call: StopCall, signal?: AbortSignal): Promise<StopAnswer>
  /** Those in force. */
  stops(signal?: AbortSignal): Promise<readonly Stop[]>
  liftStop(id: string, signal?: AbortSignal): Promise<Stop>
  /** This machine's wall clock minus the endpoint's, in ms, from the `Date` header of the last answer. */
  clockOffsetMs(): number
}
