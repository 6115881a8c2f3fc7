import { type Session, sessionArn, userId } from './accounts.ts'
import { type AssumeRoleDeps, assumeRole, assumeRoleWithWebIdentity } from './assume-role.ts'
import { authorize } from './authorize.ts'
import type { WireRequest } from './request.ts'
import { type Answer, AwsError, queryAnswer, Unsupported } from './wire.ts'

const STS_VERSION = '2011-06-15'
const IAM_VERSION = '2010-05-08'

/** The form of a query call; its content type must say that it is one. */
export function formOf({ method, path, headers, body }: WireRequest): URLSearchParams {
  const form = new URLSearchParams(body.toString('utf8'))
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  if (method !== 'POST' || path !== '/' || !isForm || !form.has('Action'))
    throw new AwsError(400, 'MissingAction', 'Missing Action')
  return form
}

/** STS. `caller` is `undefined` where the request was not signed. */
export async function sts(form: URLSearchParams, caller: Session | undefined, deps: AssumeRoleDeps): Promise<Answer> {
  const action = form.get('Action') ?? ''
  const version = form.get('Version') ?? ''
  if (version !== STS_VERSION) throw unknownOperation(action, version)
  if (action === 'AssumeRoleWithWebIdentity') {
    // AWS needs no signature here. One that came would mean that somebody's AWS credentials are in play, which must not be.
    if (caller !== undefined) throw new Unsupported('a signed AssumeRoleWithWebIdentity')
    return assumeRoleWithWebIdentity(form, deps)
  }
  if (action !== 'GetCallerIdentity' && action !== 'AssumeRole') throw unknownOperation(action, version)
  if (caller === undefined)
    throw new AwsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token')
  return action === 'AssumeRole' ? assumeRole(form, caller, deps) : callerIdentity(caller)
}

/** Needs no permission, and no Deny stops it (STS API reference): it says nothing about fences. */
const callerIdentity = (caller: Session): Answer =>
  queryAnswer('GetCallerIdentity', { Arn: sessionArn(caller), UserId: userId(caller), Account: caller.role.account })

/** IAM as far as its permission: what would be allowed is not carried out but refused loudly. */
export function iam(form: URLSearchParams, caller: Session, now: number): Answer {
  const action = form.get('Action') ?? ''
  const version = form.get('Version') ?? ''
  if (version !== IAM_VERSION || !/^[A-Z]\w+$/.test(action)) throw unknownOperation(action, version)
  const user = form.get('UserName')
  const role = form.get('RoleName')
  const entity = user === null ? (role === null ? '*' : `role/${role}`) : `user/${user}`
  authorize(
    caller,
    { action: `iam:${action}`, resource: `arn:aws:iam::${caller.role.account}:${entity}`, named: true },
    now,
  )
  throw new Unsupported(`how to carry out iam:${action}, though it would be allowed`)
}

const unknownOperation = (action: string, version: string): AwsError =>
  new AwsError(400, 'InvalidAction', `Could not find operation ${action} for version ${version}`)
