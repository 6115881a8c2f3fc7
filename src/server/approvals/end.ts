import type { EndReason, Grant } from '../../contract/grant.ts'
import { Refusal } from '../refusal.ts'
import type { GrantRow, Transaction } from '../store/types.ts'
import { actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { samePerson } from './record.ts'
import { noSuchGrant } from './refusals.ts'
import type { Caller } from './types.ts'
import { viewGrant } from './view.ts'

/** Ends a grant before its time, from any machine of its holder, or by someone who approved it. What has ended stays as it ended. */
export async function end(deps: Deps, caller: Caller, grantId: string, reason: EndReason): Promise<Grant> {
  if (reason !== 'revoked') throw new Refusal('invalid_request', `Nobody ends a grant with the reason ${reason}.`)
  const answer = await deps.store.transaction(async (tx) => {
    const grant = await tx.grant(grantId)
    if (grant === undefined || !(await mayEnd(tx, caller, grant))) throw noSuchGrant()
    const ended = await tx.endGrant(grantId, reason)
    const now = await tx.now()
    if (ended === undefined) return viewGrant(deps, (await tx.grant(grantId)) ?? grant, now)
    await deps.audit.append(tx, now, [{ kind: 'grant.ended', grant: grantId, by: actor(caller), reason }])
    return viewGrant(deps, ended, now)
  })
  deps.ends.ended([grantId])
  return answer
}

async function mayEnd(tx: Transaction, { person }: Caller, grant: GrantRow): Promise<boolean> {
  if (samePerson(person, { issuer: grant.holderIssuer, subject: grant.holderSubject })) return true
  const approvals = await tx.approvals([grant.requestId])
  return approvals.some((approver) => samePerson(approver, person))
}
