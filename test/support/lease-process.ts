// A process of its own that writes, wipes or reaps: `node lease-process.ts '<json of ProcessJob>'`. Says `paused` or `done` on stdout.
import { writeSync } from 'node:fs'
import { JitError } from '../../src/base/errors.ts'
import { createLeasing } from '../../src/client/leasing.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type FileSystem, nodeFileSystem } from '../../src/platform/files.ts'
import { awsDelivery, newLease } from './aws-lease.ts'
import { leasingDeps } from './leasing-deps.ts'

export type ProcessJob = {
  readonly home: string
  readonly stateDir: string
  readonly env?: Readonly<Record<string, string>>
  readonly do: 'write' | 'wipe' | 'sweep' | 'reap' | 'rounds'
  readonly id: string
  readonly target: string
  readonly ttlMs?: number
  readonly rounds?: number
  /** Stops here, for the test to kill: the n-th call of this name. */
  readonly pauseBefore?: { readonly call: 'rename' | 'link' | 'unlink' | 'fsync'; readonly number: number }
}

function isJob(value: unknown): value is ProcessJob {
  return typeof value === 'object' && value !== null && 'do' in value && 'stateDir' in value
}

function pausing(at: ProcessJob['pauseBefore']): FileSystem {
  let number = 0
  const pause = (name: string): void => {
    if (at?.call !== name || ++number !== at.number) return
    writeSync(1, 'paused\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000)
  }
  return {
    ...nodeFileSystem,
    rename: (from, to) => (pause('rename'), nodeFileSystem.rename(from, to)),
    link: (from, to) => (pause('link'), nodeFileSystem.link(from, to)),
    unlink: (path) => (pause('unlink'), nodeFileSystem.unlink(path)),
    fsync: (fd) => (pause('fsync'), nodeFileSystem.fsync(fd)),
  }
}

const job: unknown = JSON.parse(process.argv[2] ?? '')
if (!isJob(job)) throw new TypeError('The argument is a ProcessJob.')
const leasing = createLeasing(
  leasingDeps({
    fs: pausing(job.pauseBefore),
    clock: systemClock,
    home: job.home,
    stateDir: job.stateDir,
    env: job.env ?? {},
  }),
)
const write = (id: string) =>
  leasing.write(newLease(systemClock, id, job.target, job.ttlMs), awsDelivery(`jit-${job.target}`))
if (job.do === 'write') await write(job.id)
if (job.do === 'wipe') await leasing.wipe([job.id], 'revoked')
if (job.do === 'sweep') await leasing.sweep()
if (job.do === 'reap') await leasing.runReaper(new AbortController().signal)
if (job.do === 'rounds')
  for (let round = 0; round < (job.rounds ?? 1); round++) await playRound(`${job.id}_${round}`, job)
writeSync(1, 'done\n')

/** A lock that others hold for too long is an answer too: `refused LOCKED`. What was written by then is left to a sweep. */
async function playRound(id: string, { target, ttlMs }: ProcessJob): Promise<void> {
  try {
    await leasing.write(newLease(systemClock, id, target, ttlMs), awsDelivery(`jit-${target}`, id))
    const [outcome] = await leasing.wipe([id], 'revoked')
    if (outcome?.wiped !== true) writeSync(1, `stuck ${JSON.stringify(outcome)}\n`)
  } catch (error) {
    if (!(error instanceof JitError)) throw error
    writeSync(1, `refused ${error.code}\n`)
  }
}
