import { identifier } from '../../base/identifier.ts'
import type { AuditEvent } from '../audit/types.ts'
import type { GrantRow } from '../store/types.ts'
import type { Deps } from './deps.ts'
import type { RequestRecord } from './record.ts'

/** One grant per target, all from and until the same time. One that was to start before its decision starts at the decision, for the whole duration. */
export function newGrants({ random }: Pick<Deps, 'random'>, record: RequestRecord, now: number): readonly GrantRow[] {
  const { caller, durationSeconds, startsAt, deliver } = record.asked
  const start = Math.max(startsAt ?? now, now)
  return record.needs.map((need) => ({
    id: identifier('g', random.bytes(16)),
    requestId: record.id,
    target: need.target,
    holderIssuer: caller.person.issuer,
    holderSubject: caller.person.subject,
    jkt: caller.jkt,
    deliver: need.deliver ?? deliver ?? null,
    startsAt: start,
    endsAt: start + durationSeconds * 1_000,
    endedAt: null,
    endReason: null,
    collectorPipelinesJson: null,
  }))
}

export function approvedEvent(
  { policy }: Pick<Deps, 'policy'>,
  { id, decision }: RequestRecord,
  grants: readonly GrantRow[],
): AuditEvent {
  return {
    kind: 'request.approved',
    request: id,
    by: decision?.by ?? 'policy',
    people: (decision?.people ?? []).map(({ issuer, subject }) => ({ issuer, subject })),
    grants: grants.map(({ id, target, startsAt, endsAt }) => ({ grant: id, target, startsAt, endsAt })),
    policy: policy.hash,
    policies: decision?.policies ?? [],
  }
}
