import type { Clock } from '../../platform/clock.ts'
import type { Sink } from '../sinks/types.ts'
import type { LeaseStore } from './store.ts'
import type { Place } from './types.ts'

/** What writing, wiping and sweeping work with. */
export type LeaseDeps = {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly sinks: readonly Sink[]
}

export function sinkOf({ sinks }: LeaseDeps, name: string): Sink {
  const sink = sinks.find((each) => each.name === name)
  if (sink === undefined) throw new Error(`This jit has no sink called ${name}; a newer one wrote the lease.`)
  return sink
}

/** Brings the files of `places` into one piece before they are changed: a crash may have cut another lease's change in two. */
export function finishCut(deps: LeaseDeps, places: readonly Place[]): void {
  const paths = new Set(places.map(({ path }) => path))
  for (const place of deps.store.list().flatMap((lease) => lease.places))
    if (paths.has(place.path)) sinkOf(deps, place.sink).finish(place)
}
