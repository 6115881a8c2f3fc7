import type { Clock } from '../../platform/clock.ts'
import type { SeenIds } from './types.ts'

/** {@link SeenIds} of one process. Ids leave the table once over; `until` hardly differs between neighbours, so the oldest are at its front. */
export function seenInMemory(clock: Clock): SeenIds {
  const seen = new Map<string, number>()

  function forgetOver(): void {
    for (const [id, until] of seen) {
      if (until > clock.now()) return
      seen.delete(id)
    }
  }
  const live = (id: string): boolean => (seen.get(id) ?? 0) > clock.now()

  return {
    claim: async (id, until) => {
      forgetOver()
      if (live(id)) return false
      seen.delete(id)
      seen.set(id, until)
      return true
    },
    has: async (id) => live(id),
  }
}
