import { join } from 'node:path'
import { LeaseStore } from '../../src/client/leases/store.ts'
import type { Lease } from '../../src/client/leases/types.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { machineId } from '../../src/platform/machine.ts'
import type { PersonHome } from './person.ts'

/** The journal of somebody's machine. */
export const leaseStoreOf = ({ env }: Pick<PersonHome, 'env'>): LeaseStore =>
  new LeaseStore(nodeFileSystem, systemClock, join(env['XDG_STATE_HOME'] ?? '', 'jit', machineId()))

/** Says of every slice that it ended a second ago, as if nobody had been there to renew it. The reaper must not run. */
export function ageSlices(store: LeaseStore): void {
  const over = systemClock.now() - 1000
  const aged = ({ entries, ...lease }: Lease): Lease => ({
    ...lease,
    entries: entries.map((entry) => ({ ...entry, validUntil: over, renewAt: over })),
  })
  for (const lease of store.list()) store.put(aged(lease))
}
