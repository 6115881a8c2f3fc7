/** `npm run faults [-- --short] [-- --only R1,R4]`: prints the figures of docs/wiping.md, and fails where one is missed. */
import { parseArgs } from 'node:util'
import { clocks } from './clocks.ts'
import { crashPoints } from './crash-points.ts'
import { fullDisk } from './full-disk.ts'
import { kills } from './kills.ts'
import { mistakes } from './mistakes.ts'
import { powerLoss } from './power-loss.ts'
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
  R8: clocks,
}

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(PROGRAMME).join() },
  },
})
const wanted = values.only.split(',')
printHead()
for (const [row, run] of Object.entries(PROGRAMME)) {
  if (!wanted.includes(row)) continue
  const start = performance.now()
  for (const figure of await run(values.short ? 'short' : 'long')) {
    printFigure(figure, (performance.now() - start) / 1000)
    if (isMissed(figure)) process.exitCode = 1
  }
}
