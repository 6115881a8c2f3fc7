import type { Clock } from '../../platform/clock.ts'
import type { Engine, Engines, Orphans, OrphanSearch } from '../sinks/types.ts'
import type { LeaseStore } from './store.ts'
import type { NamedPath, Outbox, Place } from './types.ts'

/** What writing, wiping and sweeping work with. */
export type LeaseDeps = {
  readonly store: LeaseStore
  readonly clock: Clock
  /** See `LeasingDeps`. */
  readonly root: string
  readonly outbox: Outbox
  readonly engines: Engines
  /** Looks for secrets of lost leases in these files, and wherever a client would look. */
  readonly wipeOrphans: (named: readonly NamedPath[], search: OrphanSearch) => Promise<Orphans>
}

export const engineOf = ({ engines }: Pick<LeaseDeps, 'engines'>, { kind }: Place): Engine => engines[kind]

/** Brings the files of `places` into one piece before they are changed: a crash may have cut another lease's change in two. */
export function finishCut(deps: LeaseDeps, places: readonly Place[]): void {
  const paths = new Set(places.map(({ path }) => path))
  for (const place of deps.store.list().flatMap((lease) => lease.places))
    if (paths.has(place.path)) engineOf(deps, place).finish(place)
}
