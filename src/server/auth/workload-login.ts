import { createHash } from 'node:crypto'
import { terminalText } from '../../base/terminal-text.ts'
import type { Workload } from '../approvals/types.ts'
import type { WorkloadIssuer, Workloads } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { matchPipelines } from './pipelines.ts'
import type { BoundIds, Login } from './types.ts'
import { type ClaimTexts, policyClaims, UnreadableClaims } from './workload-claims.ts'
import { type WorkloadToken, type WorkloadTokenDeps, workloadTokenVerifier } from './workload-token.ts'

const SKEW_MS = 60_000
const MAX_NAME = 200
const MAX_RUN = 200

export type WorkloadLoginDeps = WorkloadTokenDeps & {
  readonly workloads: Workloads
  readonly used: BoundIds
}

/** Who logs in with a token of one of the configured issuers. */
export type WorkloadLogin = (token: string, jkt: string) => Promise<Login>

/**
 * The job that a token of a pinned issuer speaks for. A token belongs to the key that brings it first: a copy out of a log or a
 * process list is no use with another, while several processes of one job may share key and token.
 */
export function workloadLogin(from: WorkloadIssuer, { workloads, used, ...deps }: WorkloadLoginDeps): WorkloadLogin {
  const verify = workloadTokenVerifier(from, deps)
  return async (token, jkt) => {
    const verified = await verify(token)
    const { subject, texts, expires } = verified
    const pipelines = matchPipelines(from, workloads.pipelines, texts)
    const run = runOf(from, verified)
    const workload: Workload = {
      provider: from.provider,
      pipelines,
      claims: claimsOf(from, texts),
      ...(run === undefined ? {} : { run }),
    }
    if (!(await used.bind(tokenId(from, verified, token), jkt, expires * 1000 + SKEW_MS)))
      throw new Refusal(
        'invalid_token',
        `The token of ${from.name} was used before, with another key.`,
        'Let the job get a fresh token for this endpoint.',
      )
    const person = { issuer: from.issuer, subject, name: nameOf(from, subject, texts, run) }
    return { person, groups: [], flow: 'workload', amr: [], workload }
  }
}

/** By `jti` where there is one: a provider never uses it for two tokens. Else what was signed; the signature could be written in several ways. */
function tokenId({ issuer }: WorkloadIssuer, { payload: { jti } }: WorkloadToken, token: string): string {
  const own = typeof jti === 'string' ? ['jti', jti] : ['token', token.slice(0, token.lastIndexOf('.'))]
  return createHash('sha256')
    .update(JSON.stringify(['workload token', issuer, ...own]))
    .digest('base64url')
}

function claimsOf({ name }: WorkloadIssuer, texts: ClaimTexts): Workload['claims'] {
  try {
    return policyClaims(texts)
  } catch (cause) {
    if (!(cause instanceof UnreadableClaims)) throw cause
    throw new Refusal('invalid_token', `The token of ${name} is not valid: ${cause.message}.`, undefined, { cause })
  }
}

/** Build numbers are numbers, so this looks at the claims as they came. */
function runOf({ tokens: { run } }: WorkloadIssuer, { payload, texts }: WorkloadToken): string | undefined {
  const parts = run.map((claim) => {
    const number = Object.hasOwn(payload, claim) ? payload[claim] : undefined
    return Number.isSafeInteger(number) ? String(number) : texts.get(claim)
  })
  if (parts.length === 0 || parts.some((part) => part === undefined || part === '')) return undefined
  const whole = parts.join('/')
  return whole.length <= MAX_RUN ? whole : undefined
}

/** What approvers read: `github: octo/app@refs/heads/main (run 8123456/1)`. */
function nameOf({ provider, tokens }: WorkloadIssuer, subject: string, texts: ClaimTexts, run?: string): string {
  const claims = [...tokens.label.matchAll(/\{([^}]+)\}/g)].map(([, claim = '']) => claim)
  const known = claims.every((claim) => (texts.get(claim) ?? '') !== '')
  const label = known ? tokens.label.replace(/\{([^}]+)\}/g, (_, claim: string) => texts.get(claim) ?? '') : subject
  const shown = terminalText(label).slice(0, MAX_NAME)
  return `${provider}: ${shown}${run === undefined ? '' : ` (run ${run})`}`
}
