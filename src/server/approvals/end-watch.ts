import type { Clock } from '../../platform/clock.ts'
import type { PersonKey, Reads } from '../store/types.ts'
import { createWaiters, type Waiter } from './waiters.ts'

/** How far back each look goes: an end counts from its statement, and its commit may come as much later as locks are waited for. */
const LOOK_BACK_MS = 30_000
const MOST_WAITERS = 10_000
/** A person may have many machines, and a pipeline is one person with a machine for each job. */
const MOST_PER_PERSON = 1_000

/** Tells machines that a grant was ended: at once when this process ended it, within a second when another did. */
export interface EndWatch {
  /** This process has just ended these. */
  ended(ids: readonly string[]): void
  join(ids: readonly string[], person: PersonKey): Waiter | undefined
}

export function createEndWatch(store: Pick<Reads, 'now' | 'endedSince'>, clock: Clock): EndWatch {
  const waiters = createWaiters({
    clock,
    most: MOST_WAITERS,
    mostPerPerson: MOST_PER_PERSON,
    // One statement about what ended of late, however many wait for however many grants.
    look: async () => store.endedSince((await store.now()) - LOOK_BACK_MS),
  })
  return { ended: (ids) => waiters.tell(ids), join: (ids, person) => waiters.join(ids, person) }
}
