import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { simulatorConfig } from './config.ts'
import { startAwsSimulator } from './simulator.ts'

/** `node test/simulators/aws/main.ts --config file.json`: prints its URL in one line and runs until SIGTERM or SIGINT. */
const { values } = parseArgs({ options: { config: { type: 'string' } } })
if (values.config === undefined) throw new Error('--config FILE.json is needed')
const simulator = await startAwsSimulator(simulatorConfig.parse(JSON.parse(readFileSync(values.config, 'utf8'))))
process.stdout.write(`${simulator.url}\n`)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close())
