import type { AccessRequest } from '../../contract/request.ts'
import { Refusal } from '../refusal.ts'
import type { Transaction } from '../store/types.ts'
import type { Deps } from './deps.ts'
import { approvableBy } from './judgement.ts'
import { samePerson, toRow } from './record.ts'
import { noSuchRequest, settledBefore } from './refusals.ts'
import type { Held } from './settle.ts'
import type { Caller } from './types.ts'
import { viewRow } from './view.ts'

/** What the caller may decide of a request that is not his. To whom it is none of his business, it does not exist. */
export function reviewable(deps: Deps, caller: Caller, held: Held) {
  const { record, now } = held
  if (samePerson(caller.person, record.asked.caller.person))
    throw new Refusal('denied', 'Nobody decides upon his own request.', `To take it back: jit cancel ${record.id}`)
  const mine = approvableBy(deps, caller, record, now)
  const tookPart = hasEndorsed(held, caller) || hasDecided(held, caller)
  if (mine.targets.length === 0 && !tookPart) throw noSuchRequest()
  if (mine.targets.length === 0 && held.open)
    throw new Refusal('denied', 'Policy no longer lets you decide upon this request.', 'See: jit requests --to-review')
  return mine
}

export const hasEndorsed = ({ endorsements }: Pick<Held, 'endorsements'>, { person }: Caller): boolean =>
  endorsements.some(({ approver }) => samePerson(approver.person, person))

export const hasDecided = ({ record }: Pick<Held, 'record'>, { person }: Caller): boolean =>
  record.decision?.people.some((decider) => samePerson(decider, person)) === true

/** For a request that may no longer be decided: saying the same again is no error, anything else came too late. */
export async function onlyRepeated(
  deps: Deps,
  tx: Transaction,
  { record, now }: Held,
  same: boolean,
): Promise<AccessRequest> {
  if (!same) throw settledBefore(record, now)
  return viewRow(deps, tx, toRow(record))
}
