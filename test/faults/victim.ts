// A process that kills itself at one file-system call: `node victim.ts '<json of VictimJob>'`. Says how many calls it made if it lives.
import { writeSync } from 'node:fs'
import { createLeasing } from '../../src/client/leasing.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { killingFiles } from './killing-files.ts'
import { SCENES } from './scenes.ts'
import { stageSinks } from './stage-sinks.ts'
import { leasingDeps } from '../support/leasing-deps.ts'

export type VictimJob = {
  readonly home: string
  readonly stateDir: string
  readonly scene: string
  /** The call to die at; 0: live, and say the calls. */
  readonly at: number
  readonly how: 'before' | 'torn'
}

function isJob(value: unknown): value is VictimJob {
  return typeof value === 'object' && value !== null && 'scene' in value && 'at' in value
}

const job: unknown = JSON.parse(process.argv[2] ?? '')
if (!isJob(job)) throw new TypeError('The argument is a VictimJob.')
const scene = SCENES[job.scene]
if (scene === undefined) throw new RangeError(`There is no scene ${job.scene}.`)
const { fs, calls } = killingFiles(nodeFileSystem, job)
const { home, stateDir } = job
const leasing = createLeasing(leasingDeps({ fs, clock: systemClock, home, stateDir, sinks: stageSinks }))
await scene.act(leasing, systemClock)
writeSync(1, JSON.stringify(calls))
