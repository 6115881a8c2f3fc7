import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../refusal.ts'
import type { PersonKey, Reads } from '../store/types.ts'

const POLL_MS = 1_000
/** How far back each look goes: an end counts from its statement, and its commit may come as much later as locks are waited for. */
const LOOK_BACK_MS = 30_000
const MOST_WAITERS = 10_000
/** A person may have many machines, and a pipeline is one person with a machine for each job. */
const MOST_PER_PERSON = 1_000

/** Tells machines that a grant was ended: at once when this process ended it, within a second when another did. */
export interface EndWatch {
  /** This process has just ended these. */
  ended(ids: readonly string[]): void
  /** Stands in line for all of `ids` before the first look, so that no end falls between look and wait. Refuses when too many wait. */
  join(ids: readonly string[], person: PersonKey): EndWaiter
}
export interface EndWaiter {
  /** Resolves when one of the grants has ended, after `ms`, or when `signal` aborts. */
  news(ms: number, signal: AbortSignal): Promise<void>
  leave(): void
}

export function createEndWatch(store: Pick<Reads, 'now' | 'endedSince'>, clock: Clock): EndWatch {
  const waiting = new Map<string, Set<AbortController>>()
  const perPerson = new Map<string, number>()
  let all = 0
  let polling: AbortController | undefined

  const ended = (ids: Iterable<string>): void => {
    for (const id of ids) for (const waiter of waiting.get(id) ?? []) waiter.abort()
  }

  /** One statement about what ended of late, however many wait for however many grants; none while nobody waits. */
  const poll = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      await clock.sleep(POLL_MS, stop)
      // A database that fails is news too: each waiter looks for itself and meets the error in its own call.
      ended(await endedOfLate().catch(() => [...waiting.keys()]))
    }
  }
  const endedOfLate = async (): Promise<readonly string[]> =>
    waiting.size === 0 ? [] : store.endedSince((await store.now()) - LOOK_BACK_MS)

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
    ended,
    join: (ids, { issuer, subject }) => {
      const person = `${issuer} ${subject}`
      if (all >= MOST_WAITERS || (perPerson.get(person) ?? 0) >= MOST_PER_PERSON)
        throw new Refusal('rate_limited', 'Too many machines are waiting for news.', 'Ask again in some seconds.')
      const waiter = new AbortController()
      for (const id of ids) waiting.set(id, (waiting.get(id) ?? new Set()).add(waiter))
      count(person, 1)
      let here = true
      return {
        news: (ms, signal) => clock.sleep(ms, AbortSignal.any([waiter.signal, signal])),
        leave: () => {
          if (!here) return
          here = false
          for (const id of ids) {
            const line = waiting.get(id)
            line?.delete(waiter)
            if (line?.size === 0) waiting.delete(id)
          }
          count(person, -1)
        },
      }
    },
  }
}
