import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wrongClock } from './wrong-clock.ts'

/** Wall time of every program that was started with `env`, moved while they run. Timers and the boot clock stay true. Needs faketime(1). */
export type SharedClock = {
  readonly env: Readonly<Record<string, string>>
  /** How far the programs are ahead of the true time. */
  set(seconds: number): void
}

export function sharedClock(directory: string): SharedClock {
  const file = join(directory, 'time')
  const set = (seconds: number): void => writeFileSync(file, `+${seconds}s\n`)
  set(0)
  const { LD_PRELOAD = '' } = wrongClock('+0s')
  const env = { LD_PRELOAD, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  return { env, set }
}
