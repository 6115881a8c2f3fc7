import type { AuditEvent } from '../audit/types.ts'
import type { HeldGrant } from '../store/types.ts'
import { isMet, stillValid } from './counted.ts'
import type { Deps } from './deps.ts'
import { judgeAgain } from './judgement.ts'
import { type Endorsement, fromApprovalRow, fromRow } from './record.ts'
import { inShortTransactions, unendedGrants } from './together.ts'

type Judging = Pick<Deps, 'store' | 'audit' | 'ends' | 'policy' | 'targets'>

/**
 * Ends the live grants that the policy and targets which this process has read would not have given. Each is judged at the
 * moment it was decided, on the caller and approvers of then, so that only what was written can have changed: the same text
 * ends nothing at any hour. Returns how many ended.
 */
export async function endWhatPolicyNoLongerGives(deps: Judging): Promise<number> {
  let ended = 0
  for await (const page of unendedGrants(deps.store)) {
    const approvals = await deps.store.approvals(page.map(({ request }) => request.id))
    const refused = page.flatMap((held) => {
      const endorsements = approvals.filter(({ requestId }) => requestId === held.request.id).map(fromApprovalRow)
      const why = whyNoLonger(deps, held, endorsements)
      return why === undefined ? [] : [{ id: held.grant.id, ...why }]
    })
    ended += await inShortTransactions(deps, refused, async (tx, { id, why, policies }) => {
      const row = await tx.endGrant(id, 'revoked')
      const event: AuditEvent = {
        kind: 'grant.ended',
        grant: id,
        by: 'policy',
        reason: 'revoked',
        why,
        policy: deps.policy.hash,
        policies,
      }
      return row && event
    })
    deps.ends.ended(refused.map(({ id }) => id))
  }
  return ended
}

type Why = { readonly why: string; readonly policies: readonly string[] }

function whyNoLonger(
  deps: Judging,
  { grant, request }: HeldGrant,
  endorsements: readonly Endorsement[],
): Why | undefined {
  const record = fromRow(request)
  const decidedAt = record.decision === undefined ? record.createdAt : Date.parse(record.decision.at)
  const judged = judgeAgain(deps, record.asked.caller, record.asked, [grant.target], decidedAt)
  if (!judged.allowed) return { why: judged.why, policies: judged.policies }
  const counted = stillValid(deps, { record, endorsements, now: decidedAt })
  if (judged.needs.every((need) => isMet(need, counted))) return undefined
  return { why: 'those who approved it would not be enough', policies: judged.policies }
}
