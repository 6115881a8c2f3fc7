import { integer, object, oneOf, type Reader, string } from './narrow.ts'

/** Every refusal of the API, and its HTTP status. Sent as `application/problem+json` (RFC 9457) with a `code` member. */
export const PROBLEM_STATUS = {
  invalid_request: 400,
  /** No, an expired, or a wrongly bound access token. */
  invalid_token: 401,
  invalid_dpop_proof: 401,
  /** RFC 9449 §8: retry with the nonce of the `DPoP-Nonce` header. */
  use_dpop_nonce: 401,
  /** RFC 9470: the header says which `acr_values` and `max_age`. */
  insufficient_user_authentication: 401,
  /** Policy or an approver said no. */
  denied: 403,
  not_found: 404,
  /** The state changed meanwhile: already decided, ended, cancelled, or the idempotency key was used for another body. */
  conflict: 409,
  grant_not_started: 409,
  grant_ended: 409,
  too_large: 413,
  rate_limited: 429,
  internal: 500,
  /** The cloud refused the exchange; `detail` carries the cloud's own words. */
  cloud_refused: 502,
  /** The cloud could not be reached, or throttled. */
  cloud_unavailable: 503,
  /** The endpoint could not read the identity provider's keys. */
  idp_unavailable: 503,
} as const
export type ProblemCode = keyof typeof PROBLEM_STATUS

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly hint?: string
}

export const readProblem: Reader<Problem> = object(
  {
    type: string,
    title: string,
    status: integer,
    code: oneOf(...(Object.keys(PROBLEM_STATUS) as ProblemCode[])),
    detail: string,
  },
  { hint: string },
)
