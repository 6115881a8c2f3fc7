import { createLeasing, type Leasing } from '../client/leasing.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { keepPrivate } from '../platform/private-directory.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'

/** Leases of this machine, with the sinks behind them. */
export function openLeasing({ process, home }: Host, { places, root }: Installation): Leasing {
  const uid = process.getuid?.()
  for (const directory of [places.config, places.state, places.runtime]) keepPrivate(directory, uid)
  return createLeasing({
    fs: nodeFileSystem,
    clock: systemClock,
    env: process.env,
    home,
    root,
    ...(uid === undefined ? {} : { uid }),
  })
}
