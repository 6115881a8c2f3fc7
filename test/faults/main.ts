/** `npm run faults [-- --short] [-- --only R1,R4]`: prints the figures of docs/wiping.md, and fails where one is missed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { canaries } from './canaries.ts'
import { clocks } from './clocks.ts'
import { crashPoints } from './crash-points.ts'
import { fullDisk } from './full-disk.ts'
import { kills } from './kills.ts'
import { lateness } from './lateness.ts'
import { mistakes } from './mistakes.ts'
import { powerLoss } from './power-loss.ts'
import { revokeOffline } from './offline.ts'
import { property } from './property.ts'
import { rounds } from './rounds.ts'
import { errors } from './errors.ts'
import { errorsOutside } from './errors-outside.ts'
import { type Figure, type Form, isMissed, printFigure, printHead } from './figure.ts'

const PROGRAMME: Readonly<Record<string, (form: Form) => Promise<readonly Figure[]>>> = {
  R1: crashPoints,
  R2: kills,
  R3: powerLoss,
  R4: async (form) => [
    ...(await errors(form)),
    ...(await errorsOutside(form)),
    ...(await mistakes()),
    ...(await fullDisk()),
  ],
  R5: property,
  R6: rounds,
  R7: lateness,
  R8: clocks,
  R9: canaries,
  R10: revokeOffline,
}

/** What runs side by side: computing in the first, waiting for processes in the second, for the clock and then computing in the third. */
const LANES = ['R1', 'R2,R4,R5,R6,R8', 'R7,R3', 'R9,R10']

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false }, only: { type: 'string' } } })
const { short, only } = values

if (only === undefined) {
  printHead()
  const ends = await Promise.all(LANES.map((rows) => inAnotherProcess(rows)))
  process.exitCode = ends.every((code) => code === 0) ? 0 : 1
} else
  for (const row of only.split(',')) {
    const start = performance.now()
    for (const figure of await runRow(row)) {
      printFigure(figure, (performance.now() - start) / 1000)
      if (isMissed(figure)) process.exitCode = 1
    }
  }

async function inAnotherProcess(rows: string): Promise<unknown> {
  const args = [import.meta.filename, '--only', rows, ...(short ? ['--short'] : [])]
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')
  return code
}

function runRow(row: string): Promise<readonly Figure[]> {
  const run = PROGRAMME[row]
  if (run === undefined) throw new RangeError(`There is no row ${row}.`)
  return run(short ? 'short' : 'long')
}
