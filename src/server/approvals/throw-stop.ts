import { defined } from '../../base/defined.ts'
import { identifier } from '../../base/identifier.ts'
import { LONGEST_TEXT } from '../../contract/plain-text.ts'
import type { StopAnswer, StopCall } from '../../contract/stop.ts'
import type { AuditEvent } from '../audit/types.ts'
import { Refusal } from '../refusal.ts'
import type { Transaction } from '../store/types.ts'
import { demandAdministrator } from './administrator.ts'
import { carryOut } from './carry-out-stop.ts'
import type { Deps } from './deps.ts'
import { plainText } from './plain-text.ts'
import { samePerson } from './record.ts'
import {
  folded,
  fromStopRow,
  type Stopped,
  type StopRecord,
  throwerAsActor,
  throwerOf,
  toStopRow,
  viewStop,
} from './stop-record.ts'
import type { Caller } from './types.ts'
import { noSuchTarget } from './wanted.ts'

/**
 * The kill switch. The stop commits first: from then on nothing that it concerns is asked, approved or issued anywhere.
 * Then it ends what lives and cancels what waits, a hundred at a time, each with its leaf. Where this process dies in
 * between, the sweep of any replica carries it to its end.
 */
export async function throwStop(deps: Deps, caller: Caller, call: StopCall): Promise<StopAnswer> {
  const wanted = readStopCall(call)
  const { policies } = await demandAdministrator(deps, caller, wanted, wanted.reason)
  demandKnown(deps, wanted)
  const id = identifier('s', deps.random.bytes(16))
  const thrown = (at: number): StopRecord => ({
    ...wanted,
    id,
    by: throwerOf(caller),
    at,
    liftedAt: null,
    carriedOutAt: null,
  })
  const event = (stop: StopRecord): AuditEvent => thrownEvent(deps, stop, policies)
  if (wanted.scope === 'grant') return endOneGrant(deps, thrown, event, wanted.value)
  const stop = await deps.store.transaction(async (tx) => {
    await tx.lock('stops')
    const before = await thrownBefore(tx, caller, wanted)
    if (before !== undefined) return before
    const now = await tx.now()
    await tx.insertStop(toStopRow(thrown(now)))
    await deps.audit.append(tx, now, [event(thrown(now))])
    return thrown(now)
  })
  return { stop: viewStop(stop), ...(await carryOut(deps, stop)) }
}

type Wanted = Stopped & Pick<StopRecord, 'reason'>

/** Subjects of jobs have branches in them, and whoever may push chooses those: one that no stop could name would be out of reach. */
const LONGEST_SUBJECT = 1_000
const LONGEST_NAME = 255

function readStopCall({ scope, value, reason }: StopCall): Wanted {
  const why = plainText('reason', reason, LONGEST_TEXT.reason)
  if (scope === 'all') {
    if (value !== undefined) throw new Refusal('invalid_request', 'A stop for everybody names nobody: leave out value.')
    return { scope, value: null, reason: why }
  }
  if (value === undefined) throw new Refusal('invalid_request', `A stop of scope ${scope} says which ${scope}.`)
  return { scope, value: plainText(scope, value, scope === 'user' ? LONGEST_SUBJECT : LONGEST_NAME), reason: why }
}

/**
 * A subject or address may be of somebody who never called; a name that is misspelt would stop nothing and seem to. Only
 * administrators are told which names there are.
 */
function demandKnown({ targets, pipelines }: Pick<Deps, 'targets' | 'pipelines'>, { scope, value }: Wanted): void {
  if (scope === 'target' && !targets.has(value)) throw noSuchTarget(value)
  if (scope !== 'pipeline' || pipelines.has(value)) return
  const known = pipelines.size === 0 ? 'None is configured.' : `There are: ${[...pipelines].join(', ')}`
  throw new Refusal('not_found', `There is no pipeline called ${value}.`, known)
}

/** The answer to the first call may have been lost on the way: a repeat finds its stop, and there are not two to lift. */
async function thrownBefore(tx: Transaction, { person }: Caller, wanted: Wanted): Promise<StopRecord | undefined> {
  const stops = (await tx.stopsInForce()).map(fromStopRow)
  return stops.find(
    (stop) => isSame(stop, wanted) && stop.reason === wanted.reason && samePerson(stop.by.person, person),
  )
}

function isSame(one: Stopped, other: Stopped): boolean {
  if (one.scope === 'all' || other.scope === 'all') return one.scope === other.scope
  return one.scope === other.scope && folded(one.value) === folded(other.value)
}

/** All in one transaction, and nothing is held up afterwards: what has ended cannot be had again. */
async function endOneGrant(
  deps: Deps,
  thrown: (at: number) => StopRecord,
  event: (stop: StopRecord) => AuditEvent,
  grant: string,
): Promise<StopAnswer> {
  const answer = await deps.store.transaction(async (tx): Promise<StopAnswer> => {
    if ((await tx.grant(grant)) === undefined)
      throw new Refusal('not_found', `There is no grant ${grant}.`, 'See: jit-endpoint grants --live')
    const ended = await tx.endGrant(grant, 'killed')
    const now = await tx.now()
    const stop: StopRecord = { ...thrown(now), liftedAt: now, carriedOutAt: now }
    await tx.insertStop(toStopRow(stop))
    const end: AuditEvent = { kind: 'grant.ended', grant, by: throwerAsActor(stop), reason: 'killed', stop: stop.id }
    await deps.audit.append(tx, now, [event(stop), ...(ended === undefined ? [] : [end])])
    return { stop: viewStop(stop), endedGrants: ended === undefined ? 0 : 1, cancelledRequests: 0 }
  })
  deps.ends.ended([grant])
  return answer
}

function thrownEvent({ policy }: Pick<Deps, 'policy'>, stop: StopRecord, policies: readonly string[]): AuditEvent {
  const { id, scope, value, reason } = stop
  return defined({
    kind: 'stop.thrown' as const,
    stop: id,
    scope,
    value: value ?? undefined,
    reason,
    by: throwerAsActor(stop),
    policy: policy.hash,
    policies,
  })
}
