import { LONGEST_TEXT } from '../../contract/plain-text.ts'
import type { AccessRequest, Decision } from '../../contract/request.ts'
import { Refusal } from '../refusal.ts'
import { actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { approvableBy } from './judgement.ts'
import { plainText } from './plain-text.ts'
import { samePerson } from './record.ts'
import { noSuchRequest } from './refusals.ts'
import { hasDecided, onlyRepeated, reviewable } from './review.ts'
import { hold, settle } from './settle.ts'
import type { Caller } from './types.ts'
import { instantOf } from './view.ts'

/** One no of someone who could have said yes to any of its targets. */
export async function deny(deps: Deps, caller: Caller, id: string, reason: string): Promise<AccessRequest> {
  const why = plainText('reason', reason, LONGEST_TEXT.reason)
  const view = await deps.store.transaction(async (tx) => {
    const held = await hold(tx, id)
    const { policies } = reviewable(deps, caller, held)
    if (!held.open) return onlyRepeated(deps, tx, held, held.record.state === 'denied' && hasDecided(held, caller))

    const people = [caller.person]
    const decision: Decision = {
      outcome: 'denied',
      by: 'people',
      people,
      policies,
      at: instantOf(held.now),
      reason: why,
    }
    return settle(deps, tx, held, { state: 'denied', decision }, [
      { kind: 'request.denied', request: id, by: actor(caller), reason: why, policy: deps.policy.hash, policies },
    ])
  })
  deps.watch.settled(id)
  return view
}

/** Only the requester: others have no say in whether he still wants it. */
export async function cancel(deps: Deps, caller: Caller, id: string): Promise<AccessRequest> {
  const view = await deps.store.transaction(async (tx) => {
    const held = await hold(tx, id)
    const { record, now } = held
    if (!samePerson(caller.person, record.asked.caller.person)) {
      if (approvableBy(deps, caller, record, now).targets.length === 0) throw noSuchRequest()
      throw new Refusal('denied', 'Only its requester cancels a request.', `To refuse it: jit deny ${id}`)
    }
    if (!held.open) return onlyRepeated(deps, tx, held, record.state === 'cancelled')
    return settle(deps, tx, held, { state: 'cancelled' }, [
      { kind: 'request.cancelled', request: id, by: actor(caller) },
    ])
  })
  deps.watch.settled(id)
  return view
}
