import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../refusal.ts'
import type { PersonKey } from '../store/types.ts'

const POLL_MS = 1_000

/** Calls that wait for news about ids. One loop looks for all of them, none while nobody waits. */
export interface Waiters {
  /** There is news about these. */
  tell(ids: Iterable<string>): void
  /** Stands in line for all of `ids` before the first look, so that no news falls between look and wait. Refuses when too many wait. */
  join(ids: readonly string[], person: PersonKey): Waiter
}
export interface Waiter {
  /** Resolves on news about one of the ids, after `ms`, or when `signal` aborts. */
  news(ms: number, signal: AbortSignal): Promise<void>
  leave(): void
}

export type WaitersOptions = {
  readonly clock: Clock
  readonly most: number
  readonly mostPerPerson: number
  /** What is said to one too many. */
  readonly tooMany: string
  /** Which of the ids that are waited for there is news about, by the database: another replica's news shows there. */
  readonly look: (waitedFor: readonly string[]) => Promise<readonly string[]>
}

export function createWaiters({ clock, most, mostPerPerson, tooMany, look }: WaitersOptions): Waiters {
  const waiting = new Map<string, Set<AbortController>>()
  const perPerson = new Map<string, number>()
  let all = 0
  let polling: AbortController | undefined

  const tell = (ids: Iterable<string>): void => {
    for (const id of ids) for (const waiter of waiting.get(id) ?? []) waiter.abort()
  }

  const poll = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      await clock.sleep(POLL_MS, stop)
      const waitedFor = [...waiting.keys()]
      // A database that fails is news too: each waiter looks for itself and meets the error in its own call.
      if (waitedFor.length > 0) tell(await look(waitedFor).catch(() => waitedFor))
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
    tell,
    join: (ids, { issuer, subject }) => {
      const person = `${issuer} ${subject}`
      if (all >= most || (perPerson.get(person) ?? 0) >= mostPerPerson)
        throw new Refusal('rate_limited', tooMany, 'Ask again in some seconds.')
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
