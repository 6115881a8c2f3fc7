import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** Time as an argument. `now` is wall time in ms since 1970; `bootSeconds` counts through suspend and ignores a wall clock that is set. */
export interface Clock {
  now(): number
  /** Seconds since boot on a clock that runs on in suspend (CLOCK_BOOTTIME on Linux). */
  bootSeconds(): number
  /** Changes at each boot; `undefined` where the system has none to offer. */
  bootId(): string | undefined
  /** Resolves after `ms`, or at once (without an error) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  bootSeconds: () => uptime(),
  bootId: readOnce(() => {
    try {
      return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    } catch {
      return undefined // no /proc: macOS, Windows, some containers. The rule of expiry then goes by both clocks alone.
    }
  }),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
}

/** No process outlives its boot, and a reaper asks with every tick. */
function readOnce<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => (known ??= { value: read() }).value
}
