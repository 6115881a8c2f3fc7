import { Refusal } from '../refusal.ts'
import type { GrantRow, Transaction } from '../store/types.ts'
import { actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { judgeAgain } from './judgement.ts'
import { collectorPipelines, fromRow, type RequestRecord, samePerson, type TargetNeed } from './record.ts'
import { recorded, RecordedRefusal } from './recorded.ts'
import { noSuchGrant } from './refusals.ts'
import { mayCollect, OTHER_ASKER, otherAsker } from './same-asker.ts'
import { standingStop, stopped, whyStopped } from './standing-stop.ts'
import type { Caller, Issue } from './types.ts'
import { instantOf, viewGrant } from './view.ts'

/** Permission to sign one grant token: the grant is active, held by this person and key, and policy still agrees (T10). */
export async function issue(deps: Deps, caller: Caller, grantId: string): Promise<Issue> {
  return recorded(deps, async (tx) => {
    const grant = await tx.holdActive(grantId)
    if (grant === undefined) throw await whyNotActive(deps, tx, caller, grantId)
    if (!holds(caller, grant)) throw noSuchGrant()
    const record = await requestOf(tx, grant)
    checkAsker(deps, caller, grant, record)
    await checkStops(deps, tx, caller, grant, record)
    const now = await tx.now()
    const policies = checkPolicy(deps, caller, grant, record, now)
    await noteCollector(tx, caller, grant, record)
    const leaf = await deps.audit.append(tx, now, [
      {
        kind: 'grant.issued',
        grant: grant.id,
        request: record.id,
        target: grant.target,
        by: actor(caller),
        policy: deps.policy.hash,
        policies,
      },
    ])
    return { grant: viewGrant(deps, grant, now), holder: record.asked.caller.person, leaf, nowMs: now }
  })
}

const holds = ({ person }: Caller, { holderIssuer: issuer, holderSubject: subject }: GrantRow): boolean =>
  samePerson(person, { issuer, subject })

async function whyNotActive(deps: Deps, tx: Transaction, caller: Caller, id: string): Promise<Refusal> {
  const row = await tx.grant(id)
  if (row === undefined || !holds(caller, row)) return noSuchGrant()
  const grant = viewGrant(deps, row, await tx.now())
  if (grant.state === 'scheduled')
    return new Refusal('grant_not_started', `The grant for ${row.target} starts at ${grant.startsAt}.`)
  const at = instantOf(row.endedAt ?? row.endsAt)
  const how = grant.endReason === 'ttl' ? 'ended' : `was ${grant.endReason ?? 'ended'}`
  return new Refusal(
    'grant_ended',
    `The grant for ${row.target} ${how} at ${at}.`,
    `To ask again: jit elevate ${row.target}`,
  )
}

function checkAsker(deps: Deps, caller: Caller, grant: GrantRow, { asked }: RequestRecord): void {
  if (mayCollect(caller, asked.caller)) return
  throw new RecordedRefusal(otherAsker([grant.target]), {
    kind: 'grant.refused',
    grant: grant.id,
    by: actor(caller),
    why: OTHER_ASKER,
    policy: deps.policy.hash,
    policies: [],
  })
}

async function checkStops(
  deps: Deps,
  tx: Transaction,
  caller: Caller,
  grant: GrantRow,
  { asked }: RequestRecord,
): Promise<void> {
  const stop = await standingStop(tx, { callers: [caller, asked.caller], targets: [grant.target] })
  if (stop === undefined) return
  throw new RecordedRefusal(stopped(deps, stop), {
    kind: 'grant.refused',
    grant: grant.id,
    by: actor(caller),
    why: whyStopped(stop),
    policy: deps.policy.hash,
    policies: [],
  })
}

/** Judges the caller as he is now, not as he was when he asked. The grant stays: policy may agree again before it ends. */
function checkPolicy(
  deps: Deps,
  caller: Caller,
  grant: GrantRow,
  { asked, needs }: RequestRecord,
  now: number,
): readonly string[] {
  const judged = judgeAgain(deps, caller, asked, [grant.target], now)
  const { policies } = judged
  const why = judged.allowed ? missing(needs, judged.needs) : judged.why
  if (why === undefined) return policies
  throw new RecordedRefusal(
    new Refusal('denied', `Policy no longer allows ${grant.target}: ${why}.`, 'See: jit targets'),
    {
      kind: 'grant.refused',
      grant: grant.id,
      by: actor(caller),
      why,
      policy: deps.policy.hash,
      policies,
    },
  )
}

/**
 * What policy wants now beyond what it wanted at the decision. A request may name its start: what policy gives to everybody at
 * noon shall not be had at midnight by asking at noon.
 */
function missing(decided: readonly TargetNeed[], now: readonly TargetNeed[]): string | undefined {
  const people = ({ approval }: TargetNeed): number => (approval.kind === 'people' ? approval.quorum : 0)
  const given = (target: string): number => Math.max(0, ...decided.filter((need) => need.target === target).map(people))
  const short = now.find((need) => people(need) > given(need.target))
  if (short === undefined) return undefined
  return `it now needs the approval of ${people(short) === 1 ? 'one person' : `${people(short)} people`}`
}

/** A stop of a pipeline ends what its jobs hold, whichever job of their run asked for it. */
async function noteCollector(
  tx: Transaction,
  { workload }: Caller,
  grant: GrantRow,
  { asked }: RequestRecord,
): Promise<void> {
  const noted = collectorPipelines(grant)
  const known = [...noted, ...(asked.caller.workload?.pipelines ?? [])]
  const others = workload?.pipelines.filter((pipeline) => !known.includes(pipeline)) ?? []
  if (others.length > 0) await tx.noteCollectors(grant.id, JSON.stringify([...noted, ...others]))
}

async function requestOf(tx: Transaction, { id, requestId }: GrantRow): Promise<RequestRecord> {
  const row = await tx.request(requestId)
  if (row === undefined) throw new Error(`Grant ${id} has no request.`)
  return fromRow(row)
}
