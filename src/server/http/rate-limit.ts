import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../refusal.ts'

/** A token bucket: `burst` calls at once, `perSecond` in the long run. */
export type Rate = { readonly burst: number; readonly perSecond: number }

export interface RateLimit {
  /** Throws `rate_limited` where nothing is left for `who`. */
  demand(who: string): void
  /** Takes one call from `who`, who may owe at most nothing. */
  charge(who: string): void
}

/** More callers than this at once: those that have been silent longest start anew. */
const MAX_TRACKED = 20_000

export function rateLimit({ burst, perSecond }: Rate, clock: Clock): RateLimit {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>()

  function left(who: string): number {
    const bucket = buckets.get(who)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.left + (Math.max(0, clock.now() - bucket.at) / 1000) * perSecond)
  }

  return {
    demand: (who) => {
      if (left(who) < 1)
        throw new Refusal('rate_limited', 'Too many calls in a short time.', 'Wait a moment, then try again.')
    },
    charge: (who) => {
      const rest = Math.max(0, left(who) - 1)
      buckets.delete(who)
      buckets.set(who, { left: rest, at: clock.now() })
      if (buckets.size > MAX_TRACKED) buckets.delete(buckets.keys().next().value ?? '')
    },
  }
}
