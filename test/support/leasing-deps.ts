import { join } from 'node:path'
import { cloudSinks } from '../../src/client/cloud-sinks.ts'
import { FORMATS } from '../../src/client/formats.ts'
import type { LeasingDeps } from '../../src/client/leasing.ts'
import type { CloudSink } from '../../src/client/sinks/clouds/types.ts'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { type FileSystem, nodeFileSystem } from '../../src/platform/files.ts'
import { memoryKeyStore } from '../../src/platform/keychain/memory.ts'
import type { KeyStore } from '../../src/platform/keychain/types.ts'
import { systemProcesses } from '../../src/platform/process-table.ts'
import { systemRandom } from '../../src/platform/random.ts'

export type LeasingPlace = {
  readonly home: string
  readonly stateDir: string
  readonly clock: Clock
  readonly fs?: FileSystem
  readonly env?: Readonly<Record<string, string>>
  /** Directory of the machine below `stateDir`. */
  readonly machine?: string
  readonly sinks?: (deps: SinkDeps) => readonly CloudSink[]
  readonly keyStore?: KeyStore
}

/** `createLeasing` on real files, as the program has it; its private directories lie in `<stateDir>/run`. */
export function leasingDeps(place: LeasingPlace): LeasingDeps {
  const {
    home,
    stateDir,
    clock,
    fs = nodeFileSystem,
    env = {},
    machine = 'm1',
    sinks = cloudSinks,
    keyStore = memoryKeyStore(),
  } = place
  return {
    fs,
    clock,
    random: systemRandom,
    processes: systemProcesses,
    uid: process.getuid?.() ?? 0,
    root: join(stateDir, machine),
    runtime: join(stateDir, 'run'),
    sinks: sinks({ fs, env, home, program: [process.execPath, '/opt/jit/bin/jit.js'] }),
    formats: FORMATS,
    keyStore: async () => keyStore,
  }
}
