import type { Random } from '../platform/random.ts'

/** Milliseconds before the first and before any later try. */
export type Pause = { readonly first: number; readonly longest: number }

/** Doubled with each failure, and anywhere in its upper half: thousands of machines come back from one outage. */
export function pauseAfter(failures: number, { first, longest }: Pause, random: Random): number {
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 20))
  const share = (random.bytes(1)[0] ?? 0) / 255
  return full * (0.5 + share / 2)
}
