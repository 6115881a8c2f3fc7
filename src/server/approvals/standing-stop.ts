import { Refusal } from '../refusal.ts'
import type { Reads, Transaction } from '../store/types.ts'
import type { Deps } from './deps.ts'
import type { Endorsement } from './record.ts'
import { type Concerned, concerns, fromStopRow, type Stopped, type StopRecord } from './stop-record.ts'

/**
 * The stop that forbids what this transaction is about to do, if one is in force. Until the commit none can be thrown: what
 * is decided or issued here comes before the next stop, which ends it, or is refused.
 */
export async function standingStop(tx: Transaction, concerned: Concerned): Promise<StopRecord | undefined> {
  await tx.share('stops')
  return stopInForce(tx, concerned)
}

export async function stopInForce(
  reads: Pick<Reads, 'stopsInForce'>,
  concerned: Concerned,
): Promise<StopRecord | undefined> {
  const found = (await reads.stopsInForce()).find((row) => concerns(row, concerned))
  return found === undefined ? undefined : fromStopRow(found)
}

/** The approvals of people whom no stop names. Until it is lifted, what one of them said before counts no more than what he would say now. */
export async function withoutStopped(
  reads: Pick<Reads, 'stopsInForce'>,
  endorsements: readonly Endorsement[],
): Promise<readonly Endorsement[]> {
  const stops = await reads.stopsInForce()
  return endorsements.filter(
    ({ approver }) => !stops.some((stop) => concerns(stop, { callers: [approver], targets: [] })),
  )
}

/** For whoever is held up: what is stopped, why, and who can lift it. */
export const stopped = ({ policy }: Pick<Deps, 'policy'>, stop: StopRecord): Refusal =>
  new Refusal(
    'denied',
    `${whyStopped(stop)}.`,
    `${whoLifts(policy.administrators)} can lift it: jit kill --lift ${stop.id}`,
  )

/** Without the full stop: it goes into longer sentences. */
export function whyStopped(stop: Stopped & Pick<StopRecord, 'reason'>): string {
  return `Elevating is stopped for ${whoOrWhat(stop)}: ${stop.reason.replace(/\.$/, '')}`
}

/** Persons and targets are known by their bare names; a pipeline may be called as a target is. */
function whoOrWhat({ scope, value }: Stopped): string {
  if (scope === 'all') return 'everybody'
  return scope === 'pipeline' ? `pipeline ${value}` : value
}

const whoLifts = (labels: readonly string[]): string =>
  labels.length === 0 ? 'Whoever a policy permits to administer' : labels.join(', ')
