import type { Clock } from '../../platform/clock.ts'
import { untilSweep } from './due.ts'
import type { LeaseStore } from './store.ts'
import type { Lease } from './types.ts'

/** Some file systems count time in steps of two seconds: within one, a second change of a directory would not show. */
const SETTLED_MS = 3_000
/** A deadline so near is looked at with short ticks; until then, nothing has to be known but that nothing changed. */
export const NEAR_MS = 60_000
/** However unchanged it looks. */
const LONGEST_SECONDS = 30

/**
 * The leases as the reaper read them last, as long as reading them again would show the same: it comes by every two seconds, for
 * hours, and one question to the file system costs a tenth of reading entries. Strict leases are not remembered, since their
 * deadline moves in another file.
 */
export function recollection(store: Pick<LeaseStore, 'changedAt'>, clock: Clock) {
  let last: { readonly changedAt: bigint; readonly readAt: number; readonly leases: readonly Lease[] } | undefined
  return {
    /** `undefined`: read them. */
    recall: (): readonly Lease[] | undefined => {
      if (last === undefined || clock.bootSeconds() - last.readAt > LONGEST_SECONDS) return undefined
      if (store.changedAt() !== last.changedAt || !isFar(last.leases, clock)) return undefined
      return last.leases
    },
    /** `changedAt`: of before they were read. */
    keep: (changedAt: bigint | undefined, leases: readonly Lease[]): void => {
      const isSettled = changedAt !== undefined && clock.now() - Number(changedAt / 1_000_000n) > SETTLED_MS
      const isStrict = leases.some(({ channel }) => channel === 'strict')
      last = isSettled && !isStrict ? { changedAt, leases, readAt: clock.bootSeconds() } : undefined
    },
  }
}

const isFar = (leases: readonly Lease[], clock: Clock): boolean => (untilSweep(leases, [], clock) ?? 0) > NEAR_MS
