import type { Decision } from '../../contract/request.ts'
import type { StopAnswer } from '../../contract/stop.ts'
import type { AuditEvent } from '../audit/types.ts'
import type { RequestRow, Transaction } from '../store/types.ts'
import type { Deps } from './deps.ts'
import { collectorPipelines, fromRow } from './record.ts'
import { whyStopped } from './standing-stop.ts'
import { concerns, fromStopRow, type StopRecord, throwerAsActor } from './stop-record.ts'
import { inShortTransactions, unendedGrants } from './together.ts'
import { instantOf } from './view.ts'

const PAGE = 500

type Carrying = Pick<Deps, 'store' | 'audit' | 'ends' | 'watch'>
type Done = Pick<StopAnswer, 'endedGrants' | 'cancelledRequests'>

/** Ends and cancels all that a stop in force concerns. Saying it twice, or on two replicas at once, does it once. */
export async function carryOut(deps: Carrying, stop: StopRecord): Promise<Done> {
  const endedGrants = await endGrants(deps, stop)
  const cancelledRequests = await cancelRequests(deps, stop)
  await deps.store.transaction((tx) => tx.stopCarriedOut(stop.id))
  return { endedGrants, cancelledRequests }
}

/** Those whose process died before all was done. */
export async function carryOutStops(deps: Carrying): Promise<void> {
  const rows = await deps.store.stopsInForce()
  for (const row of rows) if (row.carriedOutAt === null) await carryOut(deps, fromStopRow(row))
}

async function endGrants(deps: Carrying, stop: StopRecord): Promise<number> {
  let ended = 0
  for await (const page of unendedGrants(deps.store)) {
    const concerned = page.filter(({ grant, request }) => {
      const { asked } = fromRow(request)
      return concerns(stop, {
        callers: [asked.caller],
        targets: [grant.target],
        pipelines: collectorPipelines(grant),
      })
    })
    const by = throwerAsActor(stop)
    ended += await inShortTransactions(
      deps,
      concerned.map(({ grant }) => grant.id),
      async (tx, id): Promise<AuditEvent | undefined> => {
        const row = await tx.endGrant(id, 'killed')
        return row && { kind: 'grant.ended', grant: id, by, reason: 'killed', stop: stop.id }
      },
      (ids) => deps.ends.ended(ids),
    )
  }
  return ended
}

/** A request is for all its targets or for none, so a stop of one of them cancels it. */
async function cancelRequests(deps: Carrying, stop: StopRecord): Promise<number> {
  let cancelled = 0
  let last: RequestRow | undefined
  for (;;) {
    const page = await deps.store.undecided(PAGE, last)
    const concerned = page.filter((row) => {
      const { asked } = fromRow(row)
      return concerns(stop, { callers: [asked.caller], targets: asked.targets })
    })
    cancelled += await inShortTransactions(
      deps,
      concerned,
      (tx, row) => cancelRequest(tx, row, stop),
      (rows) => {
        for (const { id } of rows) deps.watch.settled(id)
      },
    )
    last = page.at(-1)
    if (page.length < PAGE) return cancelled
  }
}

async function cancelRequest(
  tx: Transaction,
  { id, needsJson }: RequestRow,
  stop: StopRecord,
): Promise<AuditEvent | undefined> {
  const decision: Decision = {
    outcome: 'denied',
    by: 'people',
    people: [stop.by.person],
    policies: [],
    at: instantOf(await tx.now()),
    reason: whyStopped(stop),
  }
  const settled = await tx.settleRequest(id, {
    state: 'cancelled',
    needsJson,
    decisionJson: JSON.stringify(decision),
  })
  return settled ? { kind: 'request.cancelled', request: id, by: throwerAsActor(stop), stop: stop.id } : undefined
}
