// A process of its own that writes a lease for this machine: `node elevate.ts '{"home": …, "stateDir": …, "ttlMs": …}'`.
import { createLeasing } from '../../src/client/leasing.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { machineId } from '../../src/platform/machine.ts'
import { awsDelivery, newLease } from '../support/aws-lease.ts'
import { leasingDeps } from '../support/leasing-deps.ts'

export type ElevateJob = { readonly home: string; readonly stateDir: string; readonly ttlMs: number }

function isJob(value: unknown): value is ElevateJob {
  return typeof value === 'object' && value !== null && 'home' in value && 'ttlMs' in value
}

const job: unknown = JSON.parse(process.argv[2] ?? '')
if (!isJob(job)) throw new TypeError('The argument is an ElevateJob.')
const { home, stateDir, ttlMs } = job
const leasing = createLeasing(
  leasingDeps({ fs: nodeFileSystem, clock: systemClock, home, stateDir, machine: machineId() }),
)
await leasing.write(newLease(systemClock, 'g1', 'one', ttlMs), awsDelivery('jit-one'))
