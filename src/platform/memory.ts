import type { Clock } from './clock.ts'

/** Until what a start has loaded is in place, and between later rounds: a renewal loads as much again. */
const [FIRST_SECONDS, AGAIN_SECONDS] = [5, 300]

/**
 * Gives the system back what loading has left in the heap: by itself V8 does so when it needs memory, and a process that waits for
 * hours needs none. Does nothing where Node was started without `--expose-gc`. nodejs.org/api/cli.html
 */
export function givingBackMemory(clock: Clock, collect: NodeJS.GCFunction | undefined = globalThis.gc) {
  let due = clock.bootSeconds() + FIRST_SECONDS
  return {
    tick: (): void => {
      if (clock.bootSeconds() < due) return
      due = clock.bootSeconds() + AGAIN_SECONDS
      collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    },
  }
}
