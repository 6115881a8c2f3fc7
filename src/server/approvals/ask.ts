import { createHash } from 'node:crypto'
import { canonicalJson } from '../../base/canonical-json.ts'
import { fingerprint } from '../../base/fingerprint.ts'
import { identifier } from '../../base/identifier.ts'
import type { AccessRequest, Explanation, NewRequest } from '../../contract/request.ts'
import type { AuditEvent } from '../audit/types.ts'
import type { Verdict } from '../policy/types.ts'
import { Refusal } from '../refusal.ts'
import type { Transaction } from '../store/types.ts'
import { askedFor } from './actor.ts'
import type { Deps } from './deps.ts'
import { judgeTarget, needOf } from './judgement.ts'
import { approvedEvent, newGrants } from './new-grants.ts'
import type { RequestRecord, TargetNeed } from './record.ts'
import { toRow } from './record.ts'
import { recorded, RecordedRefusal } from './recorded.ts'
import { standingStop, stopInForce, stopped, whyStopped } from './standing-stop.ts'
import type { Caller } from './types.ts'
import { instantOf, viewRequest, viewRow } from './view.ts'
import { checkLongest, checkStart, noSuchTarget, readWanted, type Wanted } from './wanted.ts'

/** More would bury the approvers. */
const MOST_PENDING = 50

/** Asks nothing: what {@link ask} would be told for each target. */
export async function explain(deps: Deps, caller: Caller, request: NewRequest): Promise<Explanation> {
  const wanted = readWanted(request, deps.targets)
  const now = await deps.store.now()
  checkStart(wanted.startsAt, now)
  const stop = await stopInForce(deps.store, { callers: [caller], targets: wanted.targets })
  return {
    targets: wanted.targets.map((target) => {
      const { approval, maxDurationSeconds, policies, hidden } = judgeTarget(deps, caller, target, wanted, now)
      if (hidden === true) throw noSuchTarget(target)
      if (stop === undefined) return { target, approval, maxDurationSeconds, policies }
      return { target, approval: { kind: 'refused', why: `${whyStopped(stop)}.` }, maxDurationSeconds, policies: [] }
    }),
  }
}

/** Request, automatic decision, grants, idempotency key and leaves in one transaction. */
export async function ask(deps: Deps, caller: Caller, request: NewRequest, key: string): Promise<AccessRequest> {
  const wanted = readWanted(request, deps.targets)
  checkKey(key)
  return recorded(deps, async (tx) => {
    const now = await tx.now()
    const id = identifier('r', deps.random.bytes(16))
    const { issuer, subject } = caller.person
    const bodyHash = createHash('sha256').update(canonicalJson(wanted)).digest('hex')
    if (!(await tx.rememberIdempotencyKey({ issuer, subject, key, bodyHash, requestId: id, createdAt: now })))
      return repeated(deps, tx, caller, key, bodyHash)

    checkStart(wanted.startsAt, now)
    const { needs, policies } = judgeNew(deps, caller, wanted, now)
    const record = newRecord(deps, caller, wanted, { id, needs, policies, now })
    if (record.state === 'pending') await checkRoom(tx, caller)
    await checkStops(deps, tx, caller, wanted)
    const grants = record.state === 'approved' ? newGrants(deps, record, now) : []
    await tx.insertRequest(toRow(record))
    if (grants.length > 0) await tx.insertGrants(grants)

    const asked = askedFor(caller, record.asked)
    const events: AuditEvent[] = [{ kind: 'request.asked', request: id, asked, policy: deps.policy.hash, policies }]
    if (record.state === 'approved') events.push(approvedEvent(deps, record, grants))
    await deps.audit.append(tx, now, events)
    return viewRequest(deps, record, [], grants, now)
  })
}

function checkKey(key: string): void {
  if (!/^[\x21-\x7e]{1,128}$/.test(key))
    throw new Refusal('invalid_request', 'An idempotency key is 1 to 128 visible ASCII characters.')
}

/** The first request again: its answer may have been lost on the way. */
async function repeated(
  deps: Deps,
  tx: Transaction,
  caller: Caller,
  key: string,
  bodyHash: string,
): Promise<AccessRequest> {
  const before = await tx.idempotencyKey(caller.person, key)
  if (before !== undefined && before.bodyHash !== bodyHash)
    throw new Refusal(
      'conflict',
      'This idempotency key was used for another request.',
      'Take a new key for a new request.',
    )
  const row = before === undefined ? undefined : await tx.request(before.requestId)
  if (row === undefined) throw new Error('An idempotency key is remembered without its request.')
  return viewRow(deps, tx, row)
}

function judgeNew(deps: Deps, caller: Caller, wanted: Wanted, now: number) {
  const needs: TargetNeed[] = []
  const policies = new Set<string>()
  for (const target of wanted.targets) {
    const verdict = judgeTarget(deps, caller, target, wanted, now)
    checkAllowed(deps, caller, wanted, target, verdict)
    checkLongest(target, wanted.durationSeconds, verdict.maxDurationSeconds)
    checkDelivery(target, wanted, verdict)
    for (const policy of verdict.policies) policies.add(policy)
    needs.push(needOf(target, verdict))
  }
  return { needs, policies: [...policies] }
}

function checkAllowed(deps: Deps, caller: Caller, wanted: Wanted, target: string, verdict: Verdict): void {
  const { approval, policies } = verdict
  if (approval.kind !== 'refused') return
  const asked = askedFor(caller, wanted)
  throw new RecordedRefusal(
    verdict.hidden === true
      ? noSuchTarget(target)
      : new Refusal(
          'denied',
          `Policy refuses ${target}: ${approval.why.replace(/\.$/, '')}.`,
          'To see what you may ask for: jit targets',
        ),
    { kind: 'request.refused', asked, target, why: approval.why, policy: deps.policy.hash, policies },
  )
}

async function checkStops(deps: Deps, tx: Transaction, caller: Caller, wanted: Wanted): Promise<void> {
  const stop = await standingStop(tx, { callers: [caller], targets: wanted.targets })
  if (stop === undefined) return
  const target = wanted.targets.find((name) => name === stop.value) ?? wanted.targets[0] ?? ''
  throw new RecordedRefusal(stopped(deps, stop), {
    kind: 'request.refused',
    asked: askedFor(caller, wanted),
    target,
    why: whyStopped(stop),
    policy: deps.policy.hash,
    policies: [],
  })
}

function checkDelivery(target: string, { deliver }: Wanted, verdict: Verdict): void {
  if (verdict.deliver === undefined || deliver === undefined || deliver === verdict.deliver) return
  throw new Refusal(
    'denied',
    `Policy wants ${target} delivered as ${verdict.deliver}, not as ${deliver}.`,
    `Try: --deliver ${verdict.deliver}`,
  )
}

async function checkRoom(tx: Transaction, { person }: Caller): Promise<void> {
  if ((await tx.countUndecided(person, MOST_PENDING)) < MOST_PENDING) return
  throw new Refusal(
    'rate_limited',
    `You already have ${MOST_PENDING} requests that wait for a decision.`,
    'Cancel some: jit cancel ID',
  )
}

type Fresh = {
  readonly id: string
  readonly needs: readonly TargetNeed[]
  readonly policies: readonly string[]
  readonly now: number
}

function newRecord(deps: Deps, caller: Caller, wanted: Wanted, { id, needs, policies, now }: Fresh): RequestRecord {
  const words = fingerprint({ ...wanted, requestId: id, jkt: caller.jkt })
  const common = {
    id,
    asked: { ...wanted, caller, fingerprint: words },
    needs,
    createdAt: now,
    expiresAt: now + deps.pendingSeconds * 1_000,
  }
  if (!needs.every(({ approval }) => approval.kind === 'automatic')) return { ...common, state: 'pending' }
  const decision = { outcome: 'approved', by: 'policy', people: [], policies, at: instantOf(now) } as const
  return { ...common, state: 'approved', decision }
}
