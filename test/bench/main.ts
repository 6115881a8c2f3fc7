/** `npm run bench [-- --gate]`: prints the figures of docs/figures.md. With --gate only the start-up ones; a figure that is missed fails. */
import { parseArgs } from 'node:util'
import { measureEndpoint } from './endpoint.ts'
import { measureStartup } from './programs.ts'

const { values } = parseArgs({
  options: { gate: { type: 'boolean', default: false }, rounds: { type: 'string', default: '21' } },
})
const missed = [...(await measureStartup(Number(values.rounds))), ...(values.gate ? [] : await measureEndpoint())]
for (const figure of missed) console.error(`missed: ${figure}`)
process.exitCode = missed.length === 0 ? 0 : 1
