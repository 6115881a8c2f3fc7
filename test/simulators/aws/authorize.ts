import { type Session, sessionArn, userId } from './accounts.ts'
import type { Context } from './conditions.ts'
import { decide } from './evaluate.ts'
import { AwsError } from './wire.ts'

/** `named`: whether the service names the resource in its refusal. */
export type Wanted = { readonly action: string; readonly resource: string; readonly named: boolean }

/**
 * Role policies ∩ session policy at this moment (IAM user guide, "Policy evaluation logic"): a Deny anywhere wins, then both must allow.
 * No resource policies and no boundaries are simulated.
 */
export function authorize(session: Session, { action, resource, named }: Wanted, now: number): void {
  const call = { action, resource, context: contextOf(session, now) }
  const byRole = decide(session.role.policies(), call)
  const bySession = session.policy === undefined ? 'allow' : decide([session.policy], call)
  if (byRole === 'allow' && bySession === 'allow') return
  const where = named ? ` on resource: "${resource}"` : ''
  const why =
    byRole === 'deny'
      ? 'with an explicit deny in an identity-based policy'
      : bySession === 'deny'
        ? 'with an explicit deny in a session policy'
        : `because no ${byRole === 'none' ? 'identity-based' : 'session'} policy allows the ${action} action`
  throw new AwsError(
    403,
    'AccessDenied',
    `User: ${sessionArn(session)} is not authorized to perform: ${action}${where} ${why}`,
  )
}

/** Keys that every request of the session carries. The simulator speaks plain HTTP, so `aws:SecureTransport` is false. */
function contextOf(session: Session, now: number): Context {
  const { role, issuedAt, tags, sourceIdentity, federatedProvider } = session
  return new Map<string, readonly string[]>([
    ['aws:currenttime', [new Date(now).toISOString()]],
    ['aws:epochtime', [String(Math.floor(now / 1000))]],
    ['aws:securetransport', ['false']],
    ['aws:tokenissuetime', [new Date(issuedAt).toISOString()]],
    ['aws:userid', [userId(session)]],
    ['aws:principalarn', [role.arn]],
    ['aws:principalaccount', [role.account]],
    ...(sourceIdentity === undefined ? [] : [['aws:sourceidentity', [sourceIdentity]] as const]),
    ...(federatedProvider === undefined ? [] : [['aws:federatedprovider', [federatedProvider]] as const]),
    ...[...tags].map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, [value]] as const),
  ])
}
