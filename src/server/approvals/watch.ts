import type { Clock } from '../../platform/clock.ts'
import type { PersonKey, Reads } from '../store/types.ts'
import { createWaiters, type Waiter } from './waiters.ts'

/** Asked about in one statement. */
const POLLED_TOGETHER = 500
const MOST_WAITERS = 2_000
const MOST_PER_PERSON = 50

/** Tells waiters that a request is no longer pending: at once when this process settled it, within a second when another did. */
export interface Watch {
  /** `id` has just been settled by this process. */
  settled(id: string): void
  join(id: string, person: PersonKey): Waiter | undefined
}

export function createWatch(store: Pick<Reads, 'settledAmong'>, clock: Clock): Watch {
  const waiters = createWaiters({
    clock,
    most: MOST_WAITERS,
    mostPerPerson: MOST_PER_PERSON,
    look: async (ids) => {
      const settled: string[] = []
      for (let i = 0; i < ids.length; i += POLLED_TOGETHER)
        settled.push(...(await store.settledAmong(ids.slice(i, i + POLLED_TOGETHER))))
      return settled
    },
  })
  return { settled: (id) => waiters.tell([id]), join: (id, person) => waiters.join([id], person) }
}
