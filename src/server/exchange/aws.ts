import type { AwsCredential } from '../../contract/credential.ts'
import type { AwsAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import type { Tokens } from '../tokens/types.ts'
import { refusalOf } from './aws-refusal.ts'
import type { AssumeRole } from './aws-sts.ts'
import type { AwsExchange } from './exchange.ts'
import { sessionName } from './session-name.ts'
import { sessionPolicy } from './session-policy.ts'

/** STS gives no session shorter than this; the fence does the rest. */
const MIN_SESSION_SECONDS = 900

export type AwsExchangeDeps = {
  readonly tokens: Pick<Tokens, 'awsGrantToken'>
  readonly assumeRole: AssumeRole
  /** `aud` of the grant tokens: one of the client ids that the accounts' IAM provider lists. */
  readonly audience: string
}

/**
 * Brokered exchange (clouds.md §0.2): grant token → `AssumeRoleWithWebIdentity`, an unsigned call, so the endpoint holds no AWS secret.
 * Duration, session name and session policy are chosen here and not by the CLI, because AWS lets whoever calls STS choose them.
 */
export function createAwsExchange({ tokens, assumeRole, audience }: AwsExchangeDeps): AwsExchange {
  return async (issue, access, notAfter) => {
    const { grant, holder, nowMs } = issue
    const name = sessionName(holder, grant.id)
    const policy = sessionPolicy(access, notAfter, grant.target)
    const token = await tokens.awsGrantToken(issue, access, audience)
    const answer = await assumeRole({
      region: access.region,
      roleArn: access.roleArn,
      sessionName: name,
      token,
      durationSeconds: sessionSeconds(Date.parse(notAfter) - nowMs, access.maxSessionSeconds),
      policy,
    }).catch((cause: unknown) => {
      throw refusalOf(cause, { roleArn: access.roleArn, secrets: [token] })
    })
    return checked(answer, { access, notAfter, sessionName: name })
  }
}

const sessionSeconds = (remainingMs: number, roleMax: number): number =>
  Math.min(Math.max(Math.ceil(remainingMs / 1000), MIN_SESSION_SECONDS), roleMax)

type Expected = { readonly access: AwsAccess; readonly notAfter: string; readonly sessionName: string }

/** What comes back is written into files that other programs parse, so it is checked as anything from outside. */
function checked(answer: Awaited<ReturnType<AssumeRole>>, { access, notAfter, sessionName }: Expected): AwsCredential {
  const { accessKeyId = '', secretAccessKey = '', sessionToken = '', expiration, sessionArn = '' } = answer
  const flaw =
    (!/^ASIA[A-Z0-9]{12,124}$/.test(accessKeyId) && 'a key id that is none of a session') ||
    (!/^[\x21-\x7e]{16,}$/.test(secretAccessKey) && 'no usable secret key') ||
    (!/^[\x21-\x7e]{16,}$/.test(sessionToken) && 'no usable session token') ||
    (Number.isNaN(expiration?.getTime() ?? Number.NaN) && 'no expiration') ||
    (sessionArn !== expectedArn(access.roleArn, sessionName) && 'a session of another role or name')
  if (flaw !== false || expiration === undefined)
    throw new Refusal('cloud_refused', `AWS answered for ${access.roleArn} with ${flaw || 'no expiration'}.`)
  return {
    cloud: 'aws',
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration: expiration.toISOString(),
    notAfter,
    roleArn: access.roleArn,
    sessionArn,
    region: access.region,
  }
}

/** `arn:aws:iam::1:role/path/admin` → `arn:aws:sts::1:assumed-role/admin/name`: the path is not part of it. */
function expectedArn(roleArn: string, name: string): string {
  const [, partition = '', , , account = '', role = ''] = roleArn.split(':')
  return `arn:${partition}:sts::${account}:assumed-role/${role.split('/').at(-1) ?? ''}/${name}`
}
