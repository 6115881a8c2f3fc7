/**
 * Today's time, at a full second, that stands still: for a cloud in a test of seconds, where a machine that is busy for one of
 * them would decide the answer. Near enough to real time for clients that sign by their own clock.
 */
export function standingTime(): () => number {
  const now = Math.floor(Date.now() / 1000) * 1000
  return () => now
}
