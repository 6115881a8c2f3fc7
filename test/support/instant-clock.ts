import type { Clock } from '../../src/platform/clock.ts'

export type InstantClock = Clock & {
  /** What was slept so far, in ms. */
  readonly slept: number[]
  set(nowMs: number): void
}

/** Time that only passes in `sleep`, which takes none. `during` runs inside each sleep, told how many there were before. */
export function instantClock(
  startMs: number = Date.now(),
  during: (nth: number) => Promise<void> | void = () => undefined,
): InstantClock {
  let now = startMs
  const slept: number[] = []
  return {
    slept,
    set: (nowMs) => void (now = nowMs),
    now: () => now,
    bootSeconds: () => now / 1000,
    bootId: () => 'test',
    async sleep(ms, signal) {
      if (signal?.aborted === true) return
      slept.push(ms)
      await during(slept.length - 1)
      now += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
