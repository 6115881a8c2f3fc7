import type { Problem, ProblemCode } from '../contract/problem.ts'
import { type ErrorCode, JitError } from './errors.ts'
import { quotedText } from './terminal-text.ts'

/**
 * What each refusal of the endpoint means here, and what to do where the endpoint itself does not say. Nothing that stays refused
 * however often it is asked may have the exit code of what passes by itself (6).
 */
const MEANING: Readonly<Record<ProblemCode, { readonly code: ErrorCode; readonly hint: string }>> = {
  invalid_request: { code: 'USAGE', hint: 'Check the command; jit help COMMAND explains it.' },
  invalid_token: { code: 'LOGIN_NEEDED', hint: 'Type: jit login' },
  invalid_dpop_proof: { code: 'ENDPOINT_REFUSED', hint: 'Check the clock of this machine, or log in again: jit login' },
  use_dpop_nonce: { code: 'ENDPOINT_INVALID', hint: 'Tell the people who run the endpoint.' },
  insufficient_user_authentication: { code: 'STEP_UP_NEEDED', hint: 'Log in again with a second factor: jit login' },
  denied: { code: 'DENIED', hint: 'See what you may ask for: jit targets' },
  not_found: { code: 'NOT_FOUND', hint: 'See: jit targets, jit requests, jit status' },
  conflict: { code: 'CONFLICT', hint: 'See how it stands: jit requests' },
  grant_not_started: { code: 'NO_DECISION', hint: 'See when it starts: jit status' },
  grant_ended: { code: 'GRANT_ENDED', hint: 'Ask again: jit elevate' },
  too_large: { code: 'USAGE', hint: 'Ask with fewer targets or a shorter reason.' },
  rate_limited: { code: 'ENDPOINT_REFUSED', hint: 'Wait a minute, then try again.' },
  internal: { code: 'ENDPOINT_REFUSED', hint: 'Try again; if it stays so, tell the people who run the endpoint.' },
  cloud_refused: { code: 'CLOUD_REFUSED', hint: 'Tell the people who run the endpoint what the cloud said.' },
  cloud_unavailable: { code: 'CLOUD_UNAVAILABLE', hint: 'Try again in a minute.' },
  idp_unavailable: { code: 'IDP_UNREACHABLE', hint: 'Try again in a minute.' },
}

/** The endpoint's own words as an error of this program. */
export function problemError(problem: Problem): JitError {
  const { code, hint } = MEANING[problem.code]
  const said = quotedText(problem.detail) || quotedText(problem.title)
  return new JitError(code, said, problem.hint === undefined ? hint : quotedText(problem.hint))
}
