import type { Clock } from '../../platform/clock.ts'
import type { Lease } from './types.ts'

const LONGEST_MS = 60_000

/** 1 s, 2 s, 4 s … up to a minute between attempts to wipe what would not go. */
export const backoffMs = (attempts: number): number => Math.min(LONGEST_MS, 1000 * 2 ** (attempts - 1))

/** Milliseconds until a stuck lease is tried again. A clock set back must not put that off, so no wait is longer than the longest. */
export const untilRetry = ({ retryAt = 0 }: Lease, clock: Clock): number => {
  const wait = retryAt - clock.now()
  return wait > LONGEST_MS ? 0 : wait
}
