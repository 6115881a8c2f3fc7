import { cloudSinks } from '../client/cloud-sinks.ts'
import { FORMATS } from '../client/formats.ts'
import { createLeasing, type Leasing } from '../client/leasing.ts'
import { systemClock } from '../platform/clock.ts'
import { directoryFacts } from '../platform/directory-facts.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { keepPrivate } from '../platform/private-directory.ts'
import { systemProcesses } from '../platform/process-table.ts'
import { systemRandom } from '../platform/random.ts'
import type { LeaseHost } from './host.ts'
import type { Installation } from './installation.ts'

/** Leases of this machine, with the sinks behind them. */
export function openLeasing(
  { process, home, script }: LeaseHost,
  { places, root, locks }: Pick<Installation, 'places' | 'root' | 'locks'>,
): Leasing {
  const uid = process.getuid?.()
  for (const directory of [places.config, places.state, places.runtime]) keepPrivate(directory, uid)
  const { env, platform, execPath } = process
  return createLeasing({
    fs: nodeFileSystem,
    clock: systemClock,
    random: systemRandom,
    processes: systemProcesses,
    root,
    locks,
    isOpen: (directory) => directoryFacts(directory, platform).isWritable,
    runtime: places.runtime,
    sinks: cloudSinks({ fs: nodeFileSystem, env, home, program: [execPath, script] }),
    formats: FORMATS,
    keyStore: async () => {
      const { openKeyStore } = await import('./key-store.ts')
      return openKeyStore(env, platform, places)
    },
    ...(uid === undefined ? {} : { uid }),
  })
}
