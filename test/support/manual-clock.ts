import type { Clock } from '../../src/platform/clock.ts'

/** A clock that a test sets. `sleep` lasts until the clock has been moved past its end, or until its signal fires. */
export type ManualClock = Clock & { advance(ms: number): void; set(now: number): void }

export function manualClock(start = Date.parse('2026-11-21T12:00:00Z')): ManualClock {
  let now = start
  let sleepers: { readonly until: number; readonly wake: () => void }[] = []
  const wake = (): void => {
    const due = sleepers.filter(({ until }) => until <= now)
    sleepers = sleepers.filter(({ until }) => until > now)
    for (const { wake } of due) wake()
  }
  return {
    now: () => now,
    bootSeconds: () => now / 1000,
    bootId: () => 'test-boot',
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        sleepers.push({ until: now + ms, wake: resolve })
        signal?.addEventListener('abort', () => resolve(), { once: true })
      }),
    advance: (ms) => {
      now += ms
      wake()
    },
    set: (time) => {
      now = time
      wake()
    },
  }
}
