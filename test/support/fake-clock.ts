import type { Clock } from '../../src/platform/clock.ts'

/** Time that moves only when told to, or by what is slept. Suspend, a clock that is set, and reboot are one call each. */
export class FakeClock implements Clock {
  #now: number
  #boot: number
  #bootId = 'boot-1'

  constructor(now = Date.now(), bootSeconds = 1000) {
    this.#now = now
    this.#boot = bootSeconds
  }
  now(): number {
    return this.#now
  }
  bootSeconds(): number {
    return this.#boot
  }
  bootId(): string {
    return this.#bootId
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted !== true) this.advance(ms)
    return Promise.resolve()
  }
  /** Time passes, also while suspended. */
  advance(ms: number): void {
    this.#now += ms
    this.#boot += ms / 1000
  }
  /** Somebody sets the wall clock. */
  setWall(now: number): void {
    this.#now = now
  }
  reboot(): void {
    this.#boot = 5
    this.#bootId += "'"
  }
}
