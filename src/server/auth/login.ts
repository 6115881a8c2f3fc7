import { decodeJwt } from 'jose'
import { quotedText } from '../../base/terminal-text.ts'
import type { Config } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import type { IdTokenVerifier } from './id-token.ts'
import { type WorkloadLogin, workloadLogin, type WorkloadLoginDeps } from './workload-login.ts'

const MAX_LENGTH = 32 * 1024

type LoginDeps = Omit<WorkloadLoginDeps, 'workloads'> & {
  readonly config: Pick<Config, 'idp' | 'workloads'>
  readonly verifyIdToken: IdTokenVerifier
}

/**
 * Sends a token to whoever can verify it: the IdP's as a person, those of configured workload issuers as a job. What it says
 * is only read to choose among pinned issuers; a token of any other is refused before anything is fetched.
 */
export function loginByIssuer({ config: { idp, workloads }, verifyIdToken, ...deps }: LoginDeps): IdTokenVerifier {
  if (workloads === undefined) return verifyIdToken
  const logins = workloads.issuers.map((from) => ({ from, login: workloadLogin(from, { ...deps, workloads }) }))

  function choose(token: string): WorkloadLogin {
    const { iss, sub, aud } = glance(token)
    const byIssuer = logins.find(({ from }) => from.issuer === iss)
    // Google is an IdP and has service accounts, all under one issuer: the audience tells.
    if (iss === idp.issuer && (byIssuer === undefined || ![aud].flat().includes(byIssuer.from.audience)))
      return verifyIdToken
    const found = byIssuer ?? logins.find(({ from }) => from.tokens.spiffe === true && isWithin(sub, from.issuer))
    if (found !== undefined) return found.login
    throw new Refusal(
      'invalid_token',
      `The token is of ${iss === undefined ? 'no issuer' : `the issuer ${quotedText(iss, 255)}`}, which this endpoint does not know.`,
      'The issuers that it knows stand in its configuration: workloads.issuers.',
    )
  }

  return async (token, jkt) => choose(token)(token, jkt)
}

const isWithin = (sub: string | undefined, domain: string): boolean => sub?.startsWith(`${domain}/`) === true

/** Unverified, and only good to choose who verifies. */
function glance(token: string): { iss?: string; sub?: string; aud?: unknown } {
  try {
    if (token.length > MAX_LENGTH) throw new RangeError(`more than ${MAX_LENGTH} characters`)
    const { iss, sub, aud } = decodeJwt(token)
    return {
      aud,
      ...(typeof iss === 'string' ? { iss } : {}),
      ...(typeof sub === 'string' ? { sub } : {}),
    }
  } catch (cause) {
    throw new Refusal('invalid_token', 'The token cannot be read.', 'Log in again: jit login', { cause })
  }
}
