import { type Stop, STOP_SCOPES } from '../../contract/stop.ts'
import { Refusal } from '../refusal.ts'
import { actor } from './actor.ts'
import { demandAdministrator } from './administrator.ts'
import type { Deps } from './deps.ts'
import { samePerson } from './record.ts'
import type { Reads } from '../store/types.ts'
import { concerns, fromStopRow, type StopRecord, viewStop } from './stop-record.ts'
import type { Caller } from './types.ts'

/** Those in force, for whoever may throw or lift any. */
export async function listStops(deps: Deps, caller: Caller): Promise<readonly Stop[]> {
  const nowMs = await deps.store.now()
  const reason = 'to look at them'
  if (!STOP_SCOPES.some((scope) => deps.policy.mayAdminister(caller, { scope, reason, nowMs }).allowed))
    await demandAdministrator(deps, caller, { scope: 'all', value: null }, reason)
  return (await deps.store.stopsInForce()).map((row) => viewStop(fromStopRow(row)))
}

/** Lets new requests through again. What was ended stays ended. One that is lifted stays as it was. */
export async function liftStop(deps: Deps, caller: Caller, id: string): Promise<Stop> {
  const row = await deps.store.stop(id)
  // The scope decides who may lift it, so where there is none of that id, the widest is asked about.
  const { scope, value, reason } = row ?? { scope: 'all', value: null, reason: '' }
  const { policies } = await demandAdministrator(deps, caller, { scope, value }, reason)
  demandSomebodyElse(caller, await stopNamed(deps.store, id))
  return deps.store.transaction(async (tx) => {
    const lifted = await tx.liftStop(id)
    if (lifted === undefined) return viewStop(await stopNamed(tx, id))
    await deps.audit.append(tx, await tx.now(), [
      { kind: 'stop.lifted', stop: id, by: actor(caller), policy: deps.policy.hash, policies },
    ])
    return viewStop(fromStopRow(lifted))
  })
}

async function stopNamed(reads: Pick<Reads, 'stop'>, id: string): Promise<StopRecord> {
  const row = await reads.stop(id)
  if (row === undefined) throw new Refusal('not_found', `There is no stop ${id}.`, 'See: jit kill --list')
  return fromStopRow(row)
}

/** An account that was taken over must not free itself. Who stopped himself, or everybody, may. */
function demandSomebodyElse(caller: Caller, stop: StopRecord): void {
  if (stop.scope !== 'user' || stop.liftedAt !== null || samePerson(stop.by.person, caller.person)) return
  if (concerns(stop, { callers: [caller], targets: [] }))
    throw new Refusal('denied', 'Nobody lifts a stop that somebody else put on him.', 'Ask another administrator.')
}
