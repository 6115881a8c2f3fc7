import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import { type FileSystem, nodeFileSystem } from '../../src/platform/files.ts'
import type { KeyStore } from '../../src/platform/keychain/types.ts'
import { SECRETS } from '../support/aws-lease.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Fault, faultyFiles } from '../support/faulty-files.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { PLAIN_SECRET } from '../support/plain-sinks.ts'
import { TempHome } from '../support/temp-home.ts'
import { differences, lay, type Original } from './originals.ts'
import type { Scene } from './scenes.ts'
import { stageSinks } from './stage-sinks.ts'
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

export const ALL_SECRETS: readonly string[] = [...SECRETS, PLAIN_SECRET]
const runtimeOf = ({ stateDir }: TempHome): string => join(stateDir, 'run')

/** A key store that outlives the process. */
const keysIn = (items: Map<string, Uint8Array>): KeyStore => ({
  name: 'keys of the stage',
  get: async (item) => items.get(item),
  set: async (item, key) => void items.set(item, key),
  delete: async (item) => void items.delete(item),
})

/** A mistake that jit could have in it, to prove that the harness would notice. */
export type Mistake = (fs: FileSystem) => FileSystem

/** One home in memory, laid out and ready for the fault of one point. */
export class PreparedStage {
  readonly home = new TempHome('memory')
  readonly clock = new FakeClock()
  readonly original: Original
  readonly leasing: Leasing
  readonly keys = new Map<string, Uint8Array>()

  constructor(original: Original) {
    this.original = original
    this.leasing = this.#leasing(nodeFileSystem, keysIn(this.keys))
    lay(this.home, original)
    this.clock.advance(60_000) // the files are old enough to be believed
  }

  /** Runs `act` with `fault`; tells whether the fault was met, and in which call. */
  async suffer(act: Scene['act'], fault?: Fault, mistake: Mistake = (fs) => fs): Promise<Suffered> {
    const tracked = trackedFiles(nodeFileSystem)
    const { fs, calls, alsoIn } = faultyFiles(mistake(tracked.fs), fault)
    const ended = await act(this.#leasing(fs, alsoIn(keysIn(this.keys))), this.clock).then(
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
      ...home.filesHolding(...ALL_SECRETS).map((file) => `secret in ${file}`),
      ...(existsSync(runtimeOf(home)) ? readdirSync(runtimeOf(home), { recursive: true, encoding: 'utf8' }) : []).map(
        (name) => `left over ${name}`,
      ),
      ...[...this.keys.keys()].map((item) => `key ${item} left`),
      ...differences(home, original, hasBehind),
    ]
  }

  #leasing(fs: FileSystem, keyStore: KeyStore): Leasing {
    const { home, stateDir } = this.home
    return createLeasing(leasingDeps({ home, stateDir, clock: this.clock, fs, keyStore, sinks: stageSinks }))
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]()
  }
}
