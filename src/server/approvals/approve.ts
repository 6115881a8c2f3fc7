import type { AccessRequest, Decision } from '../../contract/request.ts'
import type { AuditEvent } from '../audit/types.ts'
import { Refusal } from '../refusal.ts'
import type { Transaction } from '../store/types.ts'
import { actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { isMet, stillValid } from './counted.ts'
import { type Judgement, judgeAgain } from './judgement.ts'
import { type Endorsement, samePerson, type TargetNeed, toApprovalRow } from './record.ts'
import { hasEndorsed, onlyRepeated, reviewable } from './review.ts'
import { type Held, hold, settle } from './settle.ts'
import { standingStop, stopped, withoutStopped } from './standing-stop.ts'
import type { Caller } from './types.ts'
import { instantOf, viewRequest } from './view.ts'

type Answer = { readonly view: AccessRequest; readonly refusal?: Refusal }

/** One person's yes. The request is approved once every target has as many distinct people as it needs. */
export async function approve(deps: Deps, caller: Caller, id: string): Promise<AccessRequest> {
  const { view, refusal } = await deps.store.transaction(async (tx): Promise<Answer> => {
    const held = await hold(tx, id)
    const mine = reviewable(deps, caller, held)
    if (!held.open)
      return { view: await onlyRepeated(deps, tx, held, held.record.state === 'approved' && hasEndorsed(held, caller)) }

    const { asked } = held.record
    const stop = await standingStop(tx, { callers: [asked.caller, caller], targets: asked.targets })
    if (stop !== undefined) throw stopped(deps, stop)
    const judged = judgeAgain(deps, asked.caller, asked, asked.targets, held.now)
    if (!judged.allowed) return denyByPolicy(deps, tx, held, judged)
    const endorsed = await endorse(deps, tx, held, { approver: caller, targets: mine.targets }, mine.policies)
    const unstopped = await withoutStopped(tx, endorsed.held.endorsements)
    const counted = stillValid(deps, { ...endorsed.held, endorsements: unstopped })
    if (judged.needs.every((need) => isMet(need, counted))) {
      const policies = [...new Set([...judged.policies, ...mine.policies])]
      return { view: await approveByPeople(deps, tx, endorsed, counted, { needs: judged.needs, policies }) }
    }
    if (endorsed.events.length > 0) await deps.audit.append(tx, held.now, endorsed.events)
    return { view: viewRequest(deps, held.record, endorsed.held.endorsements, [], held.now) }
  })
  if (view.state !== 'pending') deps.watch.settled(id)
  if (refusal !== undefined) throw refusal
  return view
}

type Endorsed = { readonly held: Held; readonly events: readonly AuditEvent[] }

/** Writes down the approval. Saying it again changes nothing and is not told twice. */
async function endorse(
  deps: Deps,
  tx: Transaction,
  held: Held,
  mine: Endorsement,
  policies: readonly string[],
): Promise<Endorsed> {
  const { record, endorsements, now } = held
  const before = endorsements.find(({ approver }) => samePerson(approver.person, mine.approver.person))
  const others = endorsements.filter((each) => each !== before)
  await tx.putApproval(toApprovalRow(record.id, mine, now))
  const news: AuditEvent = {
    kind: 'request.endorsed',
    request: record.id,
    by: actor(mine.approver),
    targets: mine.targets,
    policy: deps.policy.hash,
    policies,
  }
  const repeated = before !== undefined && before.targets.join() === mine.targets.join()
  return { held: { ...held, endorsements: [...others, mine] }, events: repeated ? [] : [news] }
}

function approveByPeople(
  deps: Deps,
  tx: Transaction,
  { held, events }: Endorsed,
  counted: readonly Endorsement[],
  { needs, policies }: { readonly needs: readonly TargetNeed[]; readonly policies: readonly string[] },
): Promise<AccessRequest> {
  const people = counted.map(({ approver }) => approver.person)
  const decision: Decision = { outcome: 'approved', by: 'people', people, policies, at: instantOf(held.now) }
  return settle(deps, tx, held, { state: 'approved', decision, needs }, events)
}

/** Policy changed since the request: nobody can approve it any more, so it is denied now rather than left to expire. */
async function denyByPolicy(
  deps: Deps,
  tx: Transaction,
  held: Held,
  { target, why, policies }: Extract<Judgement, { allowed: false }>,
): Promise<Answer> {
  const reason = `Policy no longer allows ${target}: ${why}.`
  const decision: Decision = { outcome: 'denied', by: 'policy', people: [], policies, at: instantOf(held.now), reason }
  const view = await settle(deps, tx, held, { state: 'denied', decision }, [
    {
      kind: 'request.denied',
      request: held.record.id,
      by: 'policy',
      reason,
      policy: deps.policy.hash,
      policies,
    },
  ])
  return { view, refusal: new Refusal('denied', reason, 'The request is denied now; its requester sees why.') }
}
