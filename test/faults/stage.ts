import type { Leasing } from '../../src/client/leasing.ts'
import { type FileSystem, nodeFileSystem } from '../../src/platform/files.ts'
import { leasingIn, SECRETS } from '../support/aws-lease.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Fault, faultyFiles } from '../support/faulty-files.ts'
import { TempHome } from '../support/temp-home.ts'
import { differences, lay, type Original } from './originals.ts'
import type { Scene } from './scenes.ts'
import { trackedFiles } from './tracked-files.ts'

export type Suffered = {
  /** Whether the run came as far as the fault. */
  readonly met: boolean
  /** The call that it struck. */
  readonly call: string | undefined
  readonly calls: readonly string[]
  readonly outcome?: unknown
  readonly error?: unknown
}

/** A mistake that jit could have in it, to prove that the harness would notice. */
export type Mistake = (fs: FileSystem) => FileSystem

/** One home in memory, laid out and ready for the fault of one point. */
export class PreparedStage {
  readonly home = new TempHome('memory')
  readonly clock = new FakeClock()
  readonly original: Original
  readonly leasing: Leasing

  constructor(original: Original) {
    this.original = original
    this.leasing = leasingIn(this.home, this.clock)
    lay(this.home, original)
    this.clock.advance(60_000) // the files are old enough to be believed
  }

  /** Runs `act` with `fault`; tells whether the fault was met, and in which call. */
  async suffer(act: Scene['act'], fault?: Fault, mistake: Mistake = (fs) => fs): Promise<Suffered> {
    const tracked = trackedFiles(nodeFileSystem)
    const { fs, calls } = faultyFiles(mistake(tracked.fs), fault)
    const ended = await act(leasingIn(this.home, this.clock, fs), this.clock).then(
      (outcome: unknown) => ({ outcome }),
      (error: unknown) => ({ error }),
    )
    tracked.closeAll()
    const at = fault?.at ?? Number.POSITIVE_INFINITY
    return { met: calls.length >= at, call: calls[at - 1], calls, ...ended }
  }

  /** What is wrong once a healthy sweep has run after every lease was over. */
  async afterSweep(hasBehind: boolean): Promise<readonly string[]> {
    const { home, clock, leasing, original } = this
    clock.advance(2 * 3_600_000)
    const anything = leasing.list().length + leasing.unreadable().length > 0
    const notDue = anything && !leasing.due() ? ['stuck: a sweep is not due although a lease is there'] : []
    await leasing.sweep()
    return [
      ...notDue,
      ...leasing.list().map((lease) => `stuck: ${lease.id} ${lease.lastError}`),
      ...leasing.unreadable().map(({ file }) => `stuck: ${file} is unreadable`),
      ...home.filesHolding(...SECRETS).map((file) => `secret in ${file}`),
      ...differences(home, original, hasBehind),
    ]
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]()
  }
}
