import type { Person } from '../../contract/person.ts'
import { Refusal } from '../refusal.ts'
import type { RequestRecord } from './record.ts'
import { instantOf, stateAt } from './view.ts'

/** The same words whether it never was or is not the caller's to see. */
export const noSuchRequest = (): Refusal =>
  new Refusal('not_found', 'There is no such request, or it is not yours to see.', 'See: jit requests')

export const noSuchGrant = (): Refusal =>
  new Refusal('not_found', 'There is no such grant, or it is not yours.', 'See: jit status')

/** For whoever came too late: what happened instead. */
export function settledBefore(record: RequestRecord, now: number): Refusal {
  return new Refusal('conflict', `Request ${record.id} ${whatHappened(record, now)}.`, 'See: jit requests')
}

function whatHappened(record: RequestRecord, now: number): string {
  const { decision } = record
  const state = stateAt(record, now)
  if (decision !== undefined && state === 'cancelled')
    return `was cancelled by ${deciders(decision)}: ${decision.reason ?? 'no reason was given'}`
  if (decision !== undefined) return `was already ${decision.outcome} by ${deciders(decision)}`
  if (state === 'expired') return `expired without a decision at ${instantOf(record.expiresAt)}`
  return state === 'cancelled' ? 'was cancelled by its requester' : `is ${state}`
}

function deciders({ people, at }: { readonly people: readonly Person[]; readonly at: string }): string {
  return `${people.length === 0 ? 'policy' : people.map(({ name }) => name).join(' and ')} at ${at}`
}
