import type { Clock } from '../../platform/clock.ts'
import type { PersonKey } from '../store/types.ts'

const POLL_MS = 1_000

/** Calls that wait for news about ids. One loop looks for all of them, none while nobody waits. */
export interface Waiters {
  /** There is news about these. */
  tell(ids: Iterable<string>): void
  /**
   * Stands in line for all of `ids` before the first look, so that no news falls between look and wait. Where all places are
   * taken, whoever has most of them gives up his oldest, if he has at least two more than `person`. Otherwise, and where `person`
   * has all that one person may have, nothing: such a call is answered with what it sees now, which is the truth as well and
   * counts as a word from the endpoint.
   */
  join(ids: readonly string[], person: PersonKey): Waiter | undefined
}
export interface Waiter {
  /** Resolves on news about one of the ids, after `ms`, when `signal` aborts, or early where somebody else needs the place. */
  news(ms: number, signal: AbortSignal): Promise<void>
  leave(): void
}

export type WaitersOptions = {
  readonly clock: Clock
  readonly most: number
  readonly mostPerPerson: number
  /** Which of the ids that are waited for there is news about, by the database: another replica's news shows there. */
  readonly look: (waitedFor: readonly string[]) => Promise<readonly string[]>
}

type Place = { readonly person: string; readonly ids: readonly string[]; readonly early: AbortController }
type Lines = Map<string, Set<Place>>

export function createWaiters({ clock, most, mostPerPerson, look }: WaitersOptions): Waiters {
  const byId: Lines = new Map()
  const byPerson: Lines = new Map()
  let taken = 0
  let polling: AbortController | undefined

  const tell = (ids: Iterable<string>): void => {
    for (const id of ids) for (const { early } of byId.get(id) ?? []) early.abort()
  }

  const poll = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      await clock.sleep(POLL_MS, stop)
      const waitedFor = [...byId.keys()]
      // A database that fails is news too: each waiter looks for itself and meets the error in its own call.
      if (waitedFor.length > 0) tell(await look(waitedFor).catch(() => waitedFor))
    }
  }

  const take = (place: Place): void => {
    for (const id of place.ids) put(byId, id, place)
    put(byPerson, place.person, place)
    taken++
    if (polling !== undefined) return
    polling = new AbortController()
    void poll(polling.signal)
  }

  const leave = (place: Place): void => {
    if (!remove(byPerson, place.person, place)) return
    for (const id of place.ids) remove(byId, id, place)
    taken--
    if (taken > 0) return
    polling?.abort()
    polling = undefined
  }

  /** Whoever has most of all places gives one to a person who has fewer, so that no few people keep the others out. */
  const makeRoom = (person: string): boolean => {
    const own = byPerson.get(person)?.size ?? 0
    if (own >= mostPerPerson) return false
    if (taken < most) return true
    const [longest] = largestOver(byPerson, own + 1)
    if (longest === undefined) return false
    leave(longest)
    longest.early.abort()
    return true
  }

  return {
    tell,
    join: (ids, { issuer, subject }) => {
      const person = JSON.stringify([issuer, subject])
      if (!makeRoom(person)) return undefined
      const place = { person, ids, early: new AbortController() }
      take(place)
      return {
        news: (ms, signal) => clock.sleep(ms, AbortSignal.any([place.early.signal, signal])),
        leave: () => leave(place),
      }
    },
  }
}

/** The longest line of more than `size`; none where there is no such line. */
function largestOver(lines: Lines, size: number): Iterable<Place> {
  let largest: ReadonlySet<Place> = new Set()
  for (const line of lines.values()) if (line.size > Math.max(size, largest.size)) largest = line
  return largest
}

const put = (lines: Lines, key: string, place: Place): void => {
  lines.set(key, (lines.get(key) ?? new Set()).add(place))
}

/** False: it was not there. */
function remove(lines: Lines, key: string, place: Place): boolean {
  const line = lines.get(key)
  if (line?.delete(place) !== true) return false
  if (line.size === 0) lines.delete(key)
  return true
}
