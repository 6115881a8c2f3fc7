import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../refusal.ts'
import type { PersonKey, Reads } from '../store/types.ts'

const POLL_MS = 1_000
/** Asked about in one statement. */
const POLLED_TOGETHER = 500
const MOST_WAITERS = 2_000
const MOST_PER_PERSON = 50

/** Tells waiters that a request is no longer pending: at once when this process settled it, within a second when another did. */
export interface Watch {
  /** `id` has just been settled by this process. */
  settled(id: string): void
  /** Stands in line for `id` before the first look, so that no news falls between look and wait. Refuses when too many wait. */
  join(id: string, person: PersonKey): Waiter
}
export interface Waiter {
  /** Resolves on news about the request, after `ms`, or when `signal` aborts. */
  news(ms: number, signal: AbortSignal): Promise<void>
  leave(): void
}

export function createWatch(store: Pick<Reads, 'settledAmong'>, clock: Clock): Watch {
  const waiting = new Map<string, Set<AbortController>>()
  const perPerson = new Map<string, number>()
  let all = 0
  let polling: AbortController | undefined

  const tell = (id: string): void => {
    for (const waiter of waiting.get(id) ?? []) waiter.abort()
  }

  /** The database is the truth: another replica's decision shows here. One loop for all, none while nobody waits. */
  const poll = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      await clock.sleep(POLL_MS, stop)
      const ids = [...waiting.keys()]
      for (let i = 0; i < ids.length; i += POLLED_TOGETHER) {
        const asked = ids.slice(i, i + POLLED_TOGETHER)
        // A database that fails is news too: each waiter looks for itself and meets the error in its own call.
        const settled = await store.settledAmong(asked).catch(() => asked)
        for (const id of settled) tell(id)
      }
    }
  }

  const count = (person: string, by: 1 | -1): void => {
    const left = (perPerson.get(person) ?? 0) + by
    if (left === 0) perPerson.delete(person)
    else perPerson.set(person, left)
    all += by
    if (all === 0) {
      polling?.abort()
      polling = undefined
    } else if (polling === undefined) {
      polling = new AbortController()
      void poll(polling.signal)
    }
  }

  return {
    settled: tell,
    join: (id, { issuer, subject }) => {
      const person = `${issuer} ${subject}`
      if (all >= MOST_WAITERS || (perPerson.get(person) ?? 0) >= MOST_PER_PERSON)
        throw new Refusal('rate_limited', 'Too many calls are waiting for a decision.', 'Ask again in some seconds.')
      const waiter = new AbortController()
      const line = waiting.get(id) ?? new Set()
      waiting.set(id, line.add(waiter))
      count(person, 1)
      return {
        news: (ms, signal) => clock.sleep(ms, AbortSignal.any([waiter.signal, signal])),
        leave: () => {
          if (!line.delete(waiter)) return
          if (line.size === 0) waiting.delete(id)
          count(person, -1)
        },
      }
    },
  }
}
