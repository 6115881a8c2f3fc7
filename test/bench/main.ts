/**
 * `npm run bench [-- --gate]`: prints the figures of docs/figures.md. `--gate` measures only prompts and start-up, and fails where a figure
 * that this version promises is missed in each of three series: the noise of a shared machine only ever adds, a slower
 * program is slower every time.
 */
import { parseArgs } from 'node:util'
import { measureChannel } from './channel.ts'
import { measureEndpoint } from './endpoint.ts'
import { measureParallel } from './parallel.ts'
import { type Missed, measureStartup } from './programs.ts'
import { measurePrompts } from './prompt.ts'

const SERIES = 3
const { values } = parseArgs({
  options: { gate: { type: 'boolean', default: false }, rounds: { type: 'string', default: '21' } },
})
const rounds = Number(values.rounds)
const measureWaits = async (): Promise<readonly Missed[]> => [...measurePrompts(), ...(await measureStartup(rounds))]

if (values.gate) {
  let missed: readonly string[] = ['not measured']
  for (let series = 0; series < SERIES && missed.length > 0; series++)
    missed = (await measureWaits()).filter(({ promised }) => promised).map(({ sentence }) => sentence)
  for (const sentence of missed) console.error(`missed: ${sentence}`)
  process.exitCode = missed.length === 0 ? 0 : 1
} else {
  for (const { sentence, promised } of [
    ...(await measureWaits()),
    ...(await measureParallel()),
    ...(await measureEndpoint()),
    ...(await measureChannel()),
  ])
    console.log(`${promised ? 'missed' : 'not reached yet'}: ${sentence}`)
}
