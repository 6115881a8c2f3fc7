import type { Clock } from '../../platform/clock.ts'
import type { Sink } from '../sinks/types.ts'
import type { LeaseStore } from './store.ts'

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
