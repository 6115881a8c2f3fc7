import type { Issue } from '../approvals/types.ts'
import { Refusal } from '../refusal.ts'
import type { AwsName } from './types.ts'

export const GRANT_TOKEN_TYPE = 'jit-grant+jwt'
/** How long a cloud may take to exchange it. */
const LIFE_SECONDS = 120
/** Clouds want `iat` in the past on their own clock. */
const BACKDATE_SECONDS = 30
/** AWS refuses a `sub` shorter than this. */
const MIN_SUBJECT = 6

/** What AWS's trust policy pins: the same for every person, one per target. */
const awsSubject = (target: string): string => `jit:${target}`

/**
 * Claims of a grant token for AWS (clouds.md §1). One audience and never `azp`: STS would read `azp` as the audience.
 * `jit` names grant and audit leaf, so that a grant id in CloudTrail without a leaf shows a stolen key.
 */
export function awsGrantClaims(
  { grant, holder, leaf, nowMs }: Issue,
  { issuer, audience, jti, awsName }: { issuer: string; audience: string; jti: string; awsName: AwsName },
): Readonly<Record<string, unknown>> {
  const now = Math.floor(nowMs / 1000)
  const exp = Math.min(now + LIFE_SECONDS, Math.floor(Date.parse(grant.endsAt) / 1000))
  if (exp <= now) throw new Refusal('grant_ended', `The grant for ${grant.target} has ended.`, 'Ask again: jit elevate')
  const sub = awsSubject(grant.target)
  if (sub.length < MIN_SUBJECT) throw new Error(`AWS refuses the subject ${sub}: the target's name is too short.`)
  return {
    iss: issuer,
    sub,
    aud: audience,
    jti,
    iat: now - BACKDATE_SECONDS,
    nbf: now - BACKDATE_SECONDS,
    exp,
    jit: { grant: grant.id, leaf },
    'https://aws.amazon.com/source_identity': awsName(holder),
    'https://aws.amazon.com/tags': {
      principal_tags: { 'jit-grant': [grant.id], 'jit-target': [grant.target] },
      transitive_tag_keys: ['jit-grant', 'jit-target'],
    },
  }
}
