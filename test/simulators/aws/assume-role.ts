import { deflateRawSync } from 'node:zlib'
import {
  type Accounts,
  knownAtUse,
  providerArn,
  type Role,
  type Session,
  sessionArn,
  userId,
  withoutScheme,
} from './accounts.ts'
import { authorize } from './authorize.ts'
import type { Context } from './conditions.ts'
import { decide } from './evaluate.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import { createParameters, POLICY, ROLE_ARN, SESSION_NAME } from './parameters.ts'
import { parsePolicyText } from './policy-document.ts'
import { verifyWebIdentity, type WebIdentity } from './web-identity.ts'
import { type Answer, AwsError, queryAnswer } from './wire.ts'

export type AssumeRoleDeps = { readonly accounts: Accounts; readonly keys: IssuerKeys; readonly now: () => number }

const MIN_SECONDS = 900
const MAX_SECONDS = 43_200
const CHAINED_MAX_SECONDS = 3600
/** AWS packs policies and tags in a format it does not publish. Assumed: deflated, at most this many bytes. */
const PACKED_BYTES = 1300

/** Operation AssumeRoleWithWebIdentity: parameters, token, role and duration, trust, session policy, in this order. */
export async function assumeRoleWithWebIdentity(form: URLSearchParams, deps: AssumeRoleDeps): Promise<Answer> {
  const { accounts, keys, now } = deps
  const parameters = createParameters(form, [
    'RoleArn',
    'RoleSessionName',
    'WebIdentityToken',
    'DurationSeconds',
    'Policy',
  ])
  const roleArn = parameters.required('RoleArn', ROLE_ARN)
  const name = parameters.required('RoleSessionName', SESSION_NAME)
  const token = parameters.required('WebIdentityToken', { min: 4, max: 20_000 })
  const seconds = parameters.seconds('DurationSeconds', 3600, MIN_SECONDS, MAX_SECONDS)
  const policyText = parameters.optional('Policy', POLICY)
  parameters.done()
  const account = accountOf(roleArn)

  const identity = await verifyWebIdentity(token, account, { providers: accounts.providers, keys, now })
  const role = trusting(accounts.role(roleArn), identity, name, now())
  checkDuration(seconds, role)
  const policy = policyText === undefined ? undefined : parsePolicyText(policyText, knownAtUse)
  const packed = packedPercent(policyText, identity)
  const session = accounts.open({
    role,
    name,
    expiresAt: now() + seconds * 1000,
    policy,
    tags: identity.tags,
    sourceIdentity: identity.sourceIdentity,
    federatedProvider: providerArn(identity.provider),
  })
  return queryAnswer('AssumeRoleWithWebIdentity', {
    Credentials: credentialsOf(session),
    SubjectFromWebIdentityToken: identity.subject,
    AssumedRoleUser: { AssumedRoleId: userId(session), Arn: sessionArn(session) },
    PackedPolicySize: packed,
    Provider: providerArn(identity.provider),
    Audience: identity.audience,
    SourceIdentity: identity.sourceIdentity,
  })
}

/**
 * Operation AssumeRole by a session: the new session is its own, without the caller's session policy and so without its fence.
 * That is why the fence comes with a Deny on `sts:Assume*`.
 */
export function assumeRole(form: URLSearchParams, caller: Session, { accounts, now }: AssumeRoleDeps): Answer {
  const parameters = createParameters(form, ['RoleArn', 'RoleSessionName', 'DurationSeconds', 'Policy'])
  const roleArn = parameters.required('RoleArn', ROLE_ARN)
  const name = parameters.required('RoleSessionName', SESSION_NAME)
  const seconds = parameters.seconds('DurationSeconds', 3600, MIN_SECONDS, MAX_SECONDS)
  const policyText = parameters.optional('Policy', POLICY)
  parameters.done()
  accountOf(roleArn)
  const wanted = { action: 'sts:AssumeRole', resource: roleArn, named: true }
  authorize(caller, wanted, now())
  const role = accounts.role(roleArn)
  const principal = { kind: 'AWS', names: [caller.role.arn, `arn:aws:iam::${caller.role.account}:root`] }
  const call = { action: wanted.action, resource: '*', context: baseContext(name, now()), principal }
  if (role === undefined || decide([role.trust], call) !== 'allow')
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${sessionArn(caller)} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    )
  if (seconds > CHAINED_MAX_SECONDS)
    throw new AwsError(
      400,
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  const session = accounts.open({
    role,
    name,
    expiresAt: now() + seconds * 1000,
    policy: policyText === undefined ? undefined : parsePolicyText(policyText, knownAtUse),
    tags: new Map(),
    sourceIdentity: caller.sourceIdentity,
    federatedProvider: undefined,
  })
  return queryAnswer('AssumeRole', {
    Credentials: credentialsOf(session),
    AssumedRoleUser: { AssumedRoleId: userId(session), Arn: sessionArn(session) },
  })
}

function accountOf(roleArn: string): string {
  const account = /^arn:aws:iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(roleArn)?.[1]
  if (account === undefined) throw new AwsError(400, 'ValidationError', `${roleArn} is invalid`)
  return account
}

/** The role, if it exists and its trust policy admits this identity; AWS answers the same to both. Tags and source identity need their own permission. */
function trusting(role: Role | undefined, identity: WebIdentity, sessionName: string, now: number): Role {
  const { provider, tags, sourceIdentity } = identity
  const needed = [
    'sts:AssumeRoleWithWebIdentity',
    ...(tags.size > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ]
  const principal = { kind: 'Federated', names: [providerArn(provider)] }
  const context = trustContext(identity, sessionName, now)
  const admitted = (action: string): boolean =>
    role !== undefined && decide([role.trust], { action, resource: '*', context, principal }) === 'allow'
  if (role === undefined || !needed.every(admitted))
    throw new AwsError(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  return role
}

function trustContext(identity: WebIdentity, sessionName: string, now: number): Context {
  const { provider, audience, subject, amr, tags, transitiveTagKeys, sourceIdentity } = identity
  const issuer = withoutScheme(provider.url).toLowerCase()
  return new Map<string, readonly string[]>([
    ...baseContext(sessionName, now),
    [`${issuer}:aud`, [audience]],
    [`${issuer}:sub`, [subject]],
    ...(amr.length > 0 ? [[`${issuer}:amr`, amr] as const] : []),
    ...[...tags].map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, [value]] as const),
    ...(tags.size > 0 ? [['aws:tagkeys', [...tags.keys()]] as const] : []),
    ...(transitiveTagKeys.length > 0 ? [['sts:transitivetagkeys', transitiveTagKeys] as const] : []),
    ...(sourceIdentity === undefined ? [] : [['sts:sourceidentity', [sourceIdentity]] as const]),
  ])
}

const baseContext = (sessionName: string, now: number): Context =>
  new Map([
    ['sts:rolesessionname', [sessionName]],
    ['aws:currenttime', [new Date(now).toISOString()]],
    ['aws:epochtime', [String(Math.floor(now / 1000))]],
    ['aws:securetransport', ['false']],
  ])

function checkDuration(seconds: number, { maxSessionSeconds }: Role): void {
  if (seconds > maxSessionSeconds)
    throw new AwsError(
      400,
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
}

function packedPercent(policy: string | undefined, { tags }: WebIdentity): number | undefined {
  if (policy === undefined && tags.size === 0) return undefined
  const packed = deflateRawSync(`${policy ?? ''}${JSON.stringify([...tags])}`).length
  const percent = Math.ceil((packed / PACKED_BYTES) * 100)
  if (percent > 100)
    throw new AwsError(
      400,
      'PackedPolicyTooLarge',
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    )
  return percent
}

const credentialsOf = ({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Session) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  SessionToken: sessionToken,
  Expiration: new Date(Math.floor(expiresAt / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
})
