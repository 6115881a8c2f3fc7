import { spawnSync } from 'node:child_process'
import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { machineId } from '../../src/platform/machine.ts'
import { awsDelivery, newLease, SECRETS } from '../support/aws-lease.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { TempHome } from '../support/temp-home.ts'
import { JIT } from './tools.ts'

export const ORIGINAL = '[default]\naws_access_key_id = A'
const DAY_MS = 86_400_000

/** A home in which the built program works, with a lease in it. */
export class RealHome {
  readonly files: TempHome
  readonly env: Readonly<Record<string, string>>

  constructor(where: 'disk' | 'memory' = 'memory') {
    this.files = new TempHome(where)
    this.files.put(ORIGINAL, 0o644)
    const { home, stateDir } = this.files
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      JIT_STATE_DIR: stateDir,
      JIT_CONFIG_DIR: `${stateDir}/config`,
      JIT_RUNTIME_DIR: `${stateDir}/run`,
    }
  }

  leasing(clock: Clock = systemClock): Leasing {
    const { home, stateDir } = this.files
    return createLeasing(leasingDeps({ clock, home, stateDir, machine: machineId() }))
  }

  async elevate(ttlMs: number, clock: Clock = systemClock): Promise<void> {
    await this.leasing(clock).write(newLease(clock, 'g1', 'one', ttlMs), awsDelivery('jit-one'))
    if (!this.holdsSecret()) throw new Error('The lease was not written, so nothing would be proved.')
  }

  /** `jit ARGS` behind `prefix`, such as strace or faketime. */
  jit(args: readonly string[], prefix: readonly string[] = []) {
    const [file = '', ...rest] = [...prefix, process.execPath, JIT, ...args]
    return spawnSync(file, rest, { encoding: 'utf8', env: this.env })
  }

  holdsSecret(): boolean {
    return this.files.filesHolding(...SECRETS).length > 0
  }

  /** What is wrong after one more sweep, a day later and without a fault. */
  async afterSweep(): Promise<readonly string[]> {
    const { files } = this
    const leasing = this.leasing(new FakeClock(Date.now() + DAY_MS))
    await leasing.sweep()
    return [
      ...leasing.list().map(({ lastError }) => `stuck: ${lastError}`),
      ...files.filesHolding(...SECRETS).map((file) => `secret in ${file}`),
      ...(files.text() === ORIGINAL ? [] : [`bytes ${JSON.stringify(files.text())}`]),
      ...(files.mode() === 0o644 ? [] : [`mode ${files.mode()?.toString(8)}`]),
      ...(files.names().join() === '.aws,.aws/credentials' ? [] : [`names ${files.names().join()}`]),
    ]
  }

  [Symbol.dispose](): void {
    this.files[Symbol.dispose]()
  }
}
