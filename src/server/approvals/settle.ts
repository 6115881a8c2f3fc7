import type { AccessRequest, Decision } from '../../contract/request.ts'
import type { AuditEvent } from '../audit/types.ts'
import type { Transaction } from '../store/types.ts'
import type { Deps } from './deps.ts'
import { approvedEvent, newGrants } from './new-grants.ts'
import { type Endorsement, fromApprovalRow, fromRow, type RequestRecord, toRow } from './record.ts'
import { noSuchRequest, settledBefore } from './refusals.ts'
import { viewRequest } from './view.ts'

/** A request held for one decision, or as it stands where none can be made any more. */
export type Held = {
  readonly record: RequestRecord
  readonly endorsements: readonly Endorsement[]
  readonly open: boolean
  readonly now: number
}

/** Holds a request against every other decision until the commit. One that may no longer be decided is only read. */
export async function hold(tx: Transaction, id: string): Promise<Held> {
  const held = await tx.holdUndecided(id)
  const row = held ?? (await tx.request(id))
  if (row === undefined) throw noSuchRequest()
  const approvals = await tx.approvals([id])
  const now = await tx.now()
  return { record: fromRow(row), endorsements: approvals.map(fromApprovalRow), open: held !== undefined, now }
}

/** What settles a held request: the new state, its decision and the leaf about it. */
type Outcome = {
  readonly state: 'approved' | 'denied' | 'cancelled'
  readonly decision?: Decision
  readonly needs?: RequestRecord['needs']
}

/** Changes the state in one conditional update, makes the grants of an approval, appends `events` and the leaf that names the grants. */
export async function settle(
  deps: Deps,
  tx: Transaction,
  { record, endorsements, now }: Held,
  outcome: Outcome,
  events: readonly AuditEvent[],
): Promise<AccessRequest> {
  const settled: RequestRecord = { ...record, ...outcome }
  const { state: _, needsJson, decisionJson } = toRow(settled)
  if (!(await tx.settleRequest(record.id, { state: outcome.state, needsJson, decisionJson })))
    throw settledBefore(record, await tx.now())
  const grants = outcome.state === 'approved' ? newGrants(deps, settled, now) : []
  if (grants.length > 0) await tx.insertGrants(grants)
  const approved = outcome.state === 'approved' ? [approvedEvent(deps, settled, grants)] : []
  await deps.audit.append(tx, now, [...events, ...approved])
  return viewRequest(deps, settled, endorsements, grants, now)
}
