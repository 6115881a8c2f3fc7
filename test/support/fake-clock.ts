import type { Clock } from '../../src/platform/clock.ts'

/** Time that moves only when told to, or by what is slept. Suspend, a clock that is set, and reboot are one call each. */
export class FakeClock implements Clock {
  #now: number
  #boot = 1000
  #bootId = 'boot-1'

  constructor(now = Date.now()) {
    this.#now = now
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
  sleep(ms: number): Promise<void> {
    this.advance(ms)
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
