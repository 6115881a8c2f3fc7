/**
 * `npm run conformance [-- --only files,isolated] [-- --json]`: the vendors' own clients use what jit delivers, over production
 * host names on loopback, and fail afterwards. Prints one line for each client and mode; fails where a promise was broken.
 */
import { parseArgs } from 'node:util'
import { DELIVERY_MODES, type DeliveryMode } from '../../src/contract/target.ts'
import { startCloudWorld } from '../support/cloud-world.ts'
import { stock } from '../support/stocked-home.ts'
import { clientsAt } from './clients.ts'
import type { Fact } from './fact.ts'
import { awsV1, installMissing, skipped } from './install.ts'
import { scenesOf } from './scenes.ts'
import { printTable, type Row } from './table.ts'

/** Asked for by clients for reasons of their own: newer versions of az. */
const HARMLESS = ['azure.microsoft.com:443']

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean', default: false } } })
const modes = (values.only?.split(',') ?? DELIVERY_MODES).map(modeNamed)
const say = values.json ? () => undefined : (text: string): void => console.log(text)

const all = clientsAt(awsV1())
installMissing(all)
const clients = all.filter((client) => skipped(client) === undefined)
const rows: readonly Row[] = all.flatMap((client) => {
  const why = skipped(client)
  return modes.map((mode) => ({ client: client.name, mode, ...(why !== undefined && { skipped: why }) }))
})

const start = performance.now()
const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s`
const world = await startCloudWorld()
try {
  const alice = world.person('alice')
  await alice.logIn()
  await stock(world, alice)
  say(`${seconds()}  a company on loopback, and a home with a working access of its own in every cloud`)
  const facts: Fact[] = []
  for (const mode of modes)
    facts.push(
      ...(await scenesOf({
        world,
        alice,
        clients,
        mode,
        say: (text) => say(`${seconds()}  ${mode.padEnd(8)}  ${text}`),
      })),
    )
  const left = [...new Set(world.network.refused)].filter((host) => !HARMLESS.includes(host))
  report(facts, left)
} finally {
  await world.close()
}

function report(facts: readonly Fact[], left: readonly string[]): void {
  const broken = facts.filter(({ wrong }) => wrong.length > 0)
  if (values.json) console.log(JSON.stringify({ rows, facts, left }))
  else {
    console.log('')
    printTable(rows, facts)
    for (const host of left) console.log(`\nFAILED  somebody wanted to leave this machine for ${host}`)
    for (const { skipped: why } of new Map(rows.map((row) => [row.client, row])).values())
      if (why !== undefined) console.log(`\n!!! ${why}.`)
    const held = `${facts.length - broken.length} of ${facts.length} promises kept`
    console.log(
      `\n${held} in ${seconds().trim()}; refused besides: ${HARMLESS.join(', ')} (az looks for newer versions)`,
    )
  }
  if (broken.length > 0 || left.length > 0 || facts.length === 0) process.exitCode = 1
}

function modeNamed(name: string): DeliveryMode {
  const mode = DELIVERY_MODES.find((each) => each === name)
  if (mode === undefined) throw new RangeError(`There is no mode ${name}.`)
  return mode
}
