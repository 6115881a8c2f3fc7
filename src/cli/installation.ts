import { join } from 'node:path'
import { isDue } from '../client/leases/due.ts'
import type { Leasing } from '../client/leasing.ts'
import { leaseRecords } from '../client/lease-records.ts'
import { type PendingRequests, pendingRequests } from '../client/pending.ts'
import { systemClock } from '../platform/clock.ts'
import { ifExists, readFile } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { machineId } from '../platform/machine.ts'
import { type Places, places as placesOf } from '../platform/places.ts'
import { recordsIn } from '../platform/records.ts'
import type { Host } from './host.ts'

/** What can be read of this installation without network, keychain or lock, and cheaply. */
export type Installation = {
  readonly places: Places
  readonly machine: string
  /** `<state>/<machine>/`: leases, outbox, locks. */
  readonly root: string
  readonly leases: Pick<Leasing, 'list' | 'unreadable' | 'outbox'>
  readonly pending: PendingRequests
  readonly read: (path: string) => Buffer | undefined
  readonly isSweepDue: () => boolean
  readonly hasQueued: () => boolean
}

export function openInstallation({ process, home }: Pick<Host, 'process' | 'home'>): Installation {
  const places = placesOf({ env: process.env, home, platform: process.platform, cwd: process.cwd() })
  const machine = machineId()
  const root = join(places.state, machine)
  const names = (directory: string): readonly string[] => ifExists(() => nodeFileSystem.readdir(directory)) ?? []
  return {
    places,
    machine,
    root,
    leases: leaseRecords(nodeFileSystem, systemClock, root),
    pending: pendingRequests(recordsIn(nodeFileSystem, join(places.state, 'requests'))),
    read: (path) => readFile(nodeFileSystem, path),
    isSweepDue: () => isDue(nodeFileSystem, root, systemClock),
    hasQueued: () => names(join(root, 'outbox')).length > 0,
  }
}
