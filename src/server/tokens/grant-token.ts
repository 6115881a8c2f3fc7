import type { Person } from '../../contract/person.ts'
import type { Issue } from '../approvals/types.ts'
import type { GcpAccess, KubernetesAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { personName } from './person-name.ts'
import type { AwsName } from './types.ts'

export const GRANT_TOKEN_TYPE = 'jit-grant+jwt'
/** How long a cloud may take to exchange it. */
const LIFE_SECONDS = 120
/** The longest life of a token that is handed out: Google gives no federated token longer (clouds.md §3.1). */
const LONGEST_SECONDS = 3600
/** Clouds want `iat` in the past on their own clock. */
const BACKDATE_SECONDS = 30
/** AWS refuses a `sub` shorter than this. */
const MIN_SUBJECT = 6
/** Google: `google.subject` (clouds.md §1). */
const MAX_PERSONAL_SUBJECT = 127
/** As long as AWS lets a name be, so that both clouds' logs say the same where the target's name leaves room. */
const MAX_NAME = 64
const AZURE_AUDIENCE = 'api://AzureADTokenExchange'

export type GrantClaims = Readonly<Record<string, unknown>> & { readonly sub: string }
type Ours = { readonly issuer: string; readonly jti: string }

/** What the trust of AWS and Azure pins: the same for every person, one per target. */
const targetSubject = (target: string): string => `jit:${target}`

/** Whom Google's and a cluster's log name. The target stands whole: conditions test the beginning. */
function personalSubject(target: string, person: Person): string {
  const prefix = `${targetSubject(target)}:`
  return prefix + personName(person, Math.min(MAX_NAME, MAX_PERSONAL_SUBJECT - prefix.length))
}

/** One audience and never `azp`, which STS would read as the audience. `jit` names grant and audit leaf, so that a grant id in a cloud's log without a leaf shows a stolen key. */
function claims(
  { grant, leaf, nowMs }: Issue,
  { issuer, jti }: Ours,
  { sub, aud, exp }: { readonly sub: string; readonly aud: string; readonly exp: number },
): GrantClaims {
  const now = Math.floor(nowMs / 1000)
  if (exp <= now) throw new Refusal('grant_ended', `The grant for ${grant.target} has ended.`, 'Ask again: jit elevate')
  const past = now - BACKDATE_SECONDS
  return { iss: issuer, sub, aud, jti, iat: past, nbf: past, exp, jit: { grant: grant.id, leaf } }
}

/** Seconds since 1970: short, and never beyond the grant. */
const soon = (issue: Issue): number => within(issue, LIFE_SECONDS)
const within = ({ grant, nowMs }: Issue, seconds: number): number =>
  Math.min(Math.floor(nowMs / 1000) + seconds, Math.floor(Date.parse(grant.endsAt) / 1000))
const until = (issue: Issue, notAfter: string): number =>
  Math.min(Math.floor(Date.parse(notAfter) / 1000), within(issue, LONGEST_SECONDS))

/** Claims of a grant token for AWS (clouds.md §1). */
export function awsGrantClaims(
  issue: Issue,
  { audience, awsName, ...ours }: Ours & { readonly audience: string; readonly awsName: AwsName },
): GrantClaims {
  const { grant, holder } = issue
  const sub = targetSubject(grant.target)
  if (sub.length < MIN_SUBJECT) throw new Error(`AWS refuses the subject ${sub}: the target's name is too short.`)
  return {
    ...claims(issue, ours, { sub, aud: audience, exp: soon(issue) }),
    'https://aws.amazon.com/source_identity': awsName(holder),
    'https://aws.amazon.com/tags': {
      principal_tags: { 'jit-grant': [grant.id], 'jit-target': [grant.target] },
      transitive_tag_keys: ['jit-grant', 'jit-target'],
    },
  }
}

/** For workload identity federation; the provider maps `assertion.jit.target` to the attribute that bindings name. */
export function gcpGrantClaims(issue: Issue, access: GcpAccess, notAfter: string, ours: Ours): GrantClaims {
  const { grant, holder, leaf } = issue
  const exp = access.serviceAccount === undefined ? until(issue, notAfter) : soon(issue)
  const aud = `//iam.googleapis.com/${access.provider}`
  return {
    ...claims(issue, ours, { sub: personalSubject(grant.target, holder), aud, exp }),
    jit: { grant: grant.id, leaf, target: grant.target },
  }
}

/** A client assertion for a federated credential, which compares issuer, subject and audience exactly (clouds.md §4.1). */
export const azureGrantClaims = (issue: Issue, ours: Ours): GrantClaims =>
  claims(issue, ours, { sub: targetSubject(issue.grant.target), aud: AZURE_AUDIENCE, exp: soon(issue) })

/** For an API server with an authenticator for our issuer. */
export function kubernetesGrantClaims(
  issue: Issue,
  { audience, groups }: KubernetesAccess,
  notAfter: string,
  ours: Ours,
): GrantClaims {
  const { grant, holder } = issue
  const exp = until(issue, notAfter)
  return {
    ...claims(issue, ours, { sub: personalSubject(grant.target, holder), aud: audience, exp }),
    groups: [...groups],
  }
}
