import { type Grant, readGrant } from './grant.ts'
import { instant, integer, list, object, oneOf, type Reader, string } from './narrow.ts'
import { type Person, readPerson } from './person.ts'
import { type ApprovalRule, type DeliveryMode, readApprovalRule } from './target.ts'

export const REQUEST_STATES = ['pending', 'approved', 'denied', 'cancelled', 'expired'] as const
export type RequestState = (typeof REQUEST_STATES)[number]
export const LOGIN_FLOWS = ['browser', 'device', 'workload'] as const
export type LoginFlow = (typeof LOGIN_FLOWS)[number]

/** Longest `wait` of `GET /v1/requests/{id}`; most proxies cut a silent call after 30 or 60 s. */
export const LONGEST_WAIT_SECONDS = 25

/** No request is for less time, or starts later than that from now. */
export const SHORTEST_GRANT_SECONDS = 15
export const FARTHEST_START_DAYS = 7

/** Body of `POST /v1/requests` and `POST /v1/requests/explain`. All targets or none. */
export type NewRequest = {
  readonly targets: readonly string[]
  readonly durationSeconds: number
  readonly reason: string
  readonly ticket?: string
  /** When the grant shall start; absent: at the decision. */
  readonly startsAt?: string
  readonly deliver?: DeliveryMode
  /** Name of the machine that asks, as it calls itself: shown to approvers, never trusted. */
  readonly host: string
}

/** Where a request came from: `address` as the endpoint saw it. */
export type Origin = { readonly host: string; readonly address: string; readonly flow: LoginFlow }

/** Who decided, and which policies were the reason. */
export type Decision = {
  readonly outcome: 'approved' | 'denied'
  readonly by: 'policy' | 'people'
  readonly people: readonly Person[]
  readonly policies: readonly string[]
  readonly at: string
  readonly reason?: string
}

/** What one target of the request still needs. */
export type Need = { readonly target: string; readonly approval: ApprovalRule; readonly approvedBy: readonly Person[] }

/** What somebody asked for, and how it stands. */
export type AccessRequest = {
  readonly id: string
  readonly state: RequestState
  readonly targets: readonly string[]
  readonly durationSeconds: number
  readonly reason: string
  readonly ticket?: string
  readonly requester: Person
  readonly origin: Origin
  /** Words over request and key: requester and approver compare them (`base/fingerprint.ts`). */
  readonly fingerprint: string
  readonly createdAt: string
  /** Until when it may be decided. */
  readonly expiresAt: string
  readonly startsAt?: string
  readonly needs: readonly Need[]
  readonly decision?: Decision
  readonly grants: readonly Grant[]
}

/** Answer of `POST /v1/requests/explain`: nothing was asked. */
export type Explanation = {
  readonly targets: readonly {
    readonly target: string
    readonly approval: ApprovalRule
    readonly maxDurationSeconds: number
    readonly policies: readonly string[]
  }[]
}

const readOrigin: Reader<Origin> = object({ host: string, address: string, flow: oneOf(...LOGIN_FLOWS) })
export const readDecision: Reader<Decision> = object(
  {
    outcome: oneOf('approved', 'denied'),
    by: oneOf('policy', 'people'),
    people: list(readPerson),
    policies: list(string),
    at: instant,
  },
  { reason: string },
)
const readNeed: Reader<Need> = object({ target: string, approval: readApprovalRule, approvedBy: list(readPerson) })

export const readAccessRequest: Reader<AccessRequest> = object(
  {
    id: string,
    state: oneOf(...REQUEST_STATES),
    targets: list(string),
    durationSeconds: integer,
    reason: string,
    requester: readPerson,
    origin: readOrigin,
    fingerprint: string,
    createdAt: instant,
    expiresAt: instant,
    needs: list(readNeed),
    grants: list(readGrant),
  },
  { ticket: string, startsAt: instant, decision: readDecision },
)
export const readAccessRequests = object({ requests: list(readAccessRequest) })
export const readExplanation: Reader<Explanation> = object({
  targets: list(
    object({ target: string, approval: readApprovalRule, maxDurationSeconds: integer, policies: list(string) }),
  ),
})
