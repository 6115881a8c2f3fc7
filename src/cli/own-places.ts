import { join } from 'node:path'
import { networkOf } from '../platform/directory-facts.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { type LocalDeps, localRuntime, type MachinePlaces, machinePlaces } from '../platform/local-directory.ts'
import { machineId } from '../platform/machine.ts'
import { type Places, places as placesOf } from '../platform/places.ts'
import type { Host } from './host.ts'

/** Where the things of this installation lie. */
export type OwnPlaces = MachinePlaces & {
  readonly places: Places
  /** `<state>/<machine>/`: leases, outbox, locks. */
  readonly root: string
}

export function ownPlaces({ process, home }: Pick<Host, 'process' | 'home'>): OwnPlaces {
  const named = placesOf({ env: process.env, home, platform: process.platform, cwd: process.cwd() })
  const disks: LocalDeps = {
    fs: nodeFileSystem,
    uid: process.getuid?.(),
    networkOf: (path) => networkOf(path, process.platform),
  }
  const places = { ...named, runtime: localRuntime(disks, named) }
  const root = join(places.state, machineId())
  return { places, root, ...machinePlaces(disks, root, places) }
}
