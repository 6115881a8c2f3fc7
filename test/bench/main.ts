/**
 * `npm run bench [-- --gate]`: prints the figures of docs/figures.md. `--gate` measures what takes seconds (P1 to P5, P9, P10), and fails
 * where a figure that this version promises is missed in each of three series: the noise of a shared machine only ever adds, a slower
 * program is slower every time. What no noise explains, such as a second exchange, fails at once.
 */
import { parseArgs } from 'node:util'
import { measureChannel } from './channel.ts'
import { measureEndpoint } from './endpoint.ts'
import { measureHistory } from './history.ts'
import { measureImports } from './imports.ts'
import { measureParallel } from './parallel.ts'
import { measurePolicy } from './policy.ts'
import { type Missed, measureStartup } from './programs.ts'
import { measurePrompts } from './prompt.ts'
import { measureReaper } from './reaper.ts'

const SERIES = 3
const GATE_REAPER_SECONDS = 10
const { values } = parseArgs({
  options: { gate: { type: 'boolean', default: false }, rounds: { type: 'string', default: '21' } },
})
const rounds = Number(values.rounds)
type Measure = () => Promise<readonly Missed[]>
const waits: Measure = async () => [...measurePrompts(), ...(await measureStartup(rounds))]

if (values.gate) {
  const missed: readonly string[] = [
    ...(await missedInEach(async () => measureImports())),
    ...(await missedInEach(waits)),
    ...(await missedInEach(measureParallel)),
    ...(await missedInEach(() => measureReaper(GATE_REAPER_SECONDS))),
  ]
  for (const sentence of missed) console.error(`missed: ${sentence}`)
  process.exitCode = missed.length === 0 ? 0 : 1
} else
  for (const measure of [
    waits,
    async () => measureImports(),
    async () => measurePolicy(),
    () => measureHistory(),
    measureParallel,
    () => measureReaper(),
    measureEndpoint,
    () => measureChannel(),
  ] as const)
    for (const { sentence, promised } of await measure())
      console.log(`${promised ? 'missed' : 'not reached yet'}: ${sentence}`)

/** What was missed in the last series, where every one missed something. */
async function missedInEach(measure: Measure): Promise<readonly string[]> {
  let missed: readonly Missed[] = []
  for (let series = 0; series < SERIES; series++) {
    missed = (await measure()).filter(({ promised }) => promised)
    if (missed.length === 0 || missed.some(({ exact }) => exact === true)) break
  }
  return missed.map(({ sentence }) => sentence)
}
