import { Refusal } from '../refusal.ts'
import type { Caller, Workload } from './types.ts'

type Asker = Pick<Caller, 'jkt' | 'workload'>

/**
 * A grant belongs to the person and to the key that asked: a login phished or stolen later, with another key, gets nothing
 * from it. Each job of a pipeline has a key of its own, so there the run counts: one job may ask, and a later one of the same
 * run collect.
 */
export const mayCollect = (caller: Asker, asked: Asker): boolean =>
  caller.jkt === asked.jkt || isSameRun(caller.workload, asked.workload)

function isSameRun(one: Workload | undefined, other: Workload | undefined): boolean {
  return one?.run !== undefined && one.run === other?.run && one.provider === other.provider
}

export const OTHER_ASKER = 'another installation asked for it'

export const otherAsker = (targets: readonly string[]): Refusal =>
  notFromHere(`The grant for ${targets.join(', ')} cannot be used here`, targets)

/** It may have no grant, and never get one. */
export const notCollectedHere = (request: string, targets: readonly string[]): Refusal =>
  notFromHere(`Request ${request} cannot be collected here`, targets)

/** `denied`, not `invalid_token`: the login is sound, and logging in again would not help. */
const notFromHere = (what: string, targets: readonly string[]): Refusal =>
  new Refusal('denied', `${what}: ${OTHER_ASKER}.`, `To ask from here: jit elevate ${targets.join(' ')}`)
