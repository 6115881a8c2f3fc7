import { defined } from '../../base/defined.ts'
import type { Grant } from '../../contract/grant.ts'
import { oneOf } from '../../contract/narrow.ts'
import type { AccessRequest, RequestState } from '../../contract/request.ts'
import { DELIVERY_MODES } from '../../contract/target.ts'
import type { Deps } from './deps.ts'
import type { GrantRow, Reads, RequestRow } from '../store/types.ts'
import { type Endorsement, fromApprovalRow, fromRow, type RequestRecord } from './record.ts'

export const instantOf = (ms: number): string => new Date(ms).toISOString()

/** A pending request past its time reads as expired, whether or not the sweep has been there. */
export function stateAt({ state, expiresAt }: Pick<RequestRecord, 'state' | 'expiresAt'>, now: number): RequestState {
  return state === 'pending' && expiresAt <= now ? 'expired' : state
}

/** What an answer shows beside the rows: the rules of the targets as they are configured now. */
export type Shown = Pick<Deps, 'targets'>

export function viewRequest(
  shown: Shown,
  record: RequestRecord,
  endorsements: readonly Endorsement[],
  grants: readonly GrantRow[],
  now: number,
): AccessRequest {
  const { asked } = record
  const { caller } = asked
  return defined({
    id: record.id,
    state: stateAt(record, now),
    targets: asked.targets,
    durationSeconds: asked.durationSeconds,
    reason: asked.reason,
    ticket: asked.ticket,
    requester: caller.person,
    origin: { host: asked.host, address: caller.address, flow: caller.flow },
    fingerprint: asked.fingerprint,
    createdAt: instantOf(record.createdAt),
    expiresAt: instantOf(record.expiresAt),
    startsAt: asked.startsAt === undefined ? undefined : instantOf(asked.startsAt),
    needs: record.needs.map(({ target, approval }) => ({
      target,
      approval,
      approvedBy: endorsements.filter(({ targets }) => targets.includes(target)).map(({ approver }) => approver.person),
    })),
    decision: record.decision,
    grants: grants.map((grant) => viewGrant(shown, grant, now)),
  })
}

export function viewGrant({ targets }: Shown, row: GrantRow, now: number): Grant {
  const ended = row.endedAt !== null || row.endsAt <= now
  return defined({
    id: row.id,
    requestId: row.requestId,
    target: row.target,
    state: ended ? 'ended' : row.startsAt > now ? 'scheduled' : 'active',
    endReason: ended ? (row.endReason ?? 'ttl') : undefined,
    startsAt: instantOf(row.startsAt),
    endsAt: instantOf(row.endsAt),
    deliver: row.deliver === null ? undefined : readDeliver(row.deliver, `grants[${row.id}].deliver`),
    channel: targets.get(row.target)?.channel,
  } as const)
}

const readDeliver = oneOf(...DELIVERY_MODES)

/** Shows rows as they stand now: two more queries, however many rows. */
export async function viewRows(
  shown: Shown,
  reads: Reads,
  rows: readonly RequestRow[],
): Promise<readonly AccessRequest[]> {
  const ids = rows.map(({ id }) => id)
  const [approvals, grants, now] = [await reads.approvals(ids), await reads.grantsOf(ids), await reads.now()]
  return rows.map((row) =>
    viewRequest(
      shown,
      fromRow(row),
      approvals.filter(({ requestId }) => requestId === row.id).map(fromApprovalRow),
      grants.filter(({ requestId }) => requestId === row.id),
      now,
    ),
  )
}

export async function viewRow(shown: Shown, reads: Reads, row: RequestRow): Promise<AccessRequest> {
  const [view] = await viewRows(shown, reads, [row])
  if (view === undefined) throw new Error('One row gave no view.')
  return view
}
