import type { Clock } from '../platform/clock.ts'
import { attempt } from '../platform/durable.ts'
import type { Random } from '../platform/random.ts'
import type { Outbox, OutboxEntry } from './leases/types.ts'
import { type Pause, pauseAfter } from './pauses.ts'

export type CourierDeps = {
  readonly outbox: Pick<Outbox, 'list'>
  /** See `deliverOutbox`: gives up after a few seconds. */
  readonly deliver: () => Promise<unknown>
  readonly clock: Clock
  readonly random: Random
}
export type Courier = {
  /** At every tick of the reaper; returns at once. */
  readonly tick: () => void
  /** What is still queued, once more. */
  readonly last: () => Promise<void>
}

const AGAIN: Pause = { first: 5_000, longest: 300_000 }

/** Tells the endpoint what is queued while the reaper runs: something new at once, what did not get through less and less often. */
export function courier({ outbox, deliver, clock, random }: CourierDeps): Courier {
  let tried: ReadonlySet<string> = new Set()
  let [failures, retryAt] = [0, 0]
  let running: Promise<void> | undefined
  const go = async (): Promise<void> => {
    await deliver().catch(() => undefined) // the messages are still there
    tried = new Set(namesIn(outbox))
    failures = tried.size === 0 ? 0 : failures + 1
    retryAt = clock.bootSeconds() * 1000 + pauseAfter(Math.max(1, failures), AGAIN, random)
    running = undefined
  }
  const isDue = (queued: readonly string[]): boolean =>
    queued.some((name) => !tried.has(name)) || (queued.length > 0 && clock.bootSeconds() * 1000 >= retryAt)
  return {
    tick: () => {
      if (running === undefined && isDue(namesIn(outbox))) running = go()
    },
    last: async () => {
      await running
      if (namesIn(outbox).length > 0) await deliver().catch(() => undefined)
    },
  }
}

/** A directory that cannot be read is no reason to stop wiping; every command that is typed says it. */
function namesIn(outbox: Pick<Outbox, 'list'>): readonly string[] {
  let messages: readonly OutboxEntry[] = []
  attempt(() => (messages = outbox.list()))
  return messages.map(({ kind, grant, at }) => `${kind} ${grant} ${at}`)
}
