import type { ChannelAnswer, ChannelCall } from '../../contract/channel.ts'
import type { EndReason, Grant } from '../../contract/grant.ts'
import type { Person } from '../../contract/person.ts'
import type { Receipt } from '../../contract/receipt.ts'
import type { AccessRequest, Explanation, LoginFlow, NewRequest } from '../../contract/request.ts'
import type { Stop, StopAnswer, StopCall } from '../../contract/stop.ts'

/** The caller, as proved by access token and DPoP proof of this very call. */
export type Caller = {
  readonly person: Person
  readonly groups: readonly string[]
  readonly flow: LoginFlow
  /** Authentication methods (RFC 8176), context class and time of the login at the IdP, in seconds since 1970 (`auth_time`). */
  readonly amr: readonly string[]
  readonly acr?: string
  readonly authTime?: number
  /** Thumbprint (RFC 7638) of the key that proved the call. */
  readonly jkt: string
  /** Network address that the call came from. */
  readonly address: string
  /** Set for `flow: 'workload'`: no person, but a job of a pipeline. */
  readonly workload?: Workload
}

/** What a verified workload token says, as configuration and policy speak of it. */
export type Workload = {
  /** The preset, or `pinned`: `github`, `gitlab` … */
  readonly provider: string
  /** Names of the configured pipelines whose claims it matched; at least one. */
  readonly pipelines: readonly string[]
  /** Claims that policies may test, as text, by their own names. */
  readonly claims: Readonly<Record<string, string>>
  /** The run of the pipeline that this job belongs to, where its token names one: a later job of it may collect a grant. */
  readonly run?: string
}

/**
 * The life of requests and grants. Every state change is one conditional update, with its audit leaf in the same
 * transaction; times are the database's. Rejects with `Refusal` (`http/problem.ts` makes it an answer).
 */
export interface Approvals {
  explain(caller: Caller, request: NewRequest): Promise<Explanation>
  /** Same caller + key + body: the first request again. Another body: conflict. */
  ask(caller: Caller, request: NewRequest, idempotencyKey: string): Promise<AccessRequest>
  /** Visible to its requester and to whoever may approve it; to others it does not exist. */
  get(caller: Caller, id: string): Promise<AccessRequest>
  /** Resolves when the request is no longer pending, or after `waitMs`. */
  wait(caller: Caller, id: string, waitMs: number, signal: AbortSignal): Promise<AccessRequest>
  list(caller: Caller, which: 'mine' | 'to-review'): Promise<readonly AccessRequest[]>
  approve(caller: Caller, id: string): Promise<AccessRequest>
  deny(caller: Caller, id: string, reason: string): Promise<AccessRequest>
  cancel(caller: Caller, id: string): Promise<AccessRequest>
  /** The holder's active grant, policy evaluated again; a leaf about the issue is durable when this resolves. */
  issue(caller: Caller, grantId: string): Promise<Issue>
  end(caller: Caller, grantId: string, reason: EndReason): Promise<Grant>
  /** Resolves as soon as one of the named grants is over, or after the wait, or when `signal` aborts. */
  channel(caller: Caller, call: ChannelCall, signal: AbortSignal): Promise<ChannelAnswer>
  /** What a machine of the holder tells of the credentials of a grant. */
  receive(caller: Caller, grantId: string, receipt: Receipt): Promise<void>
  /** Once this resolves, all that the stop concerns has ended, and nothing new starts until it is lifted. */
  throwStop(caller: Caller, call: StopCall): Promise<StopAnswer>
  listStops(caller: Caller): Promise<readonly Stop[]>
  liftStop(caller: Caller, id: string): Promise<Stop>
}

/** Permission to sign one grant token now. `leaf` is the audit leaf that says so. */
export type Issue = { readonly grant: Grant; readonly holder: Person; readonly leaf: number; readonly nowMs: number }
