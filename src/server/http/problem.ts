import { PROBLEM_STATUS, type Problem, type ProblemCode } from '../../contract/problem.ts'
import type { Refusal } from '../refusal.ts'

const TITLE: Readonly<Record<ProblemCode, string>> = {
  invalid_request: 'The request is not valid',
  invalid_token: 'Not logged in',
  invalid_dpop_proof: 'The proof of possession is not valid',
  use_dpop_nonce: 'The proof needs a nonce of this endpoint',
  insufficient_user_authentication: 'A stronger or fresher login is needed',
  denied: 'Denied',
  not_found: 'Not found',
  conflict: 'The state has changed',
  grant_not_started: 'The grant has not started',
  grant_ended: 'The grant has ended',
  too_large: 'Too large',
  rate_limited: 'Too many calls',
  internal: 'Internal error',
  cloud_refused: 'The cloud refused',
  cloud_unavailable: 'The cloud is not available',
  idp_unavailable: 'The identity provider is not available',
}

/** RFC 9457. `type` identifies like `code`; it is a name, not a page. */
export function problemOf({ code, message, hint }: Pick<Refusal, 'code' | 'message' | 'hint'>): Problem {
  return {
    type: `urn:jit:problem:${code}`,
    title: TITLE[code],
    status: PROBLEM_STATUS[code],
    code,
    detail: message,
    ...(hint === undefined ? {} : { hint }),
  }
}

/** `WWW-Authenticate` of a 401 (RFC 9449 §7.1 and §8, RFC 9470 §3). RFC 9449 names the errors; our codes are the same words. */
export function challenge({ code, detail }: Problem): string {
  return `DPoP error="${code}", error_description="${detail.replace(/[^ !#-[\]-~]/g, "'")}", algs="ES256"`
}
