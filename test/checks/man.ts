/** `npm run check:man` says whether man/ is what the command trees make; with `-- --write` it makes it so. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { environmentText } from '../../src/cli/commands/help.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { buildProgram as buildEndpoint } from '../../src/server/commands/program.ts'
import { endpointPage } from '../man/endpoint-page.ts'
import { jitPages } from '../man/jit-pages.ts'
import { fakeContext } from '../support/fake-context.ts'

const DIRECTORY = 'man'
const { version } = manifest
const nowhere = () => Promise.reject(new Error('A page is made without running a command.'))
const endpoint = buildEndpoint({
  env: {},
  version,
  out: () => undefined,
  note: () => undefined,
  write: () => true,
  operations: nowhere,
})
const wanted = new Map([
  ...jitPages(buildProgram(fakeContext().ctx), version, environmentText),
  ['jit-endpoint.1', endpointPage(endpoint, version)] as const,
])

mkdirSync(DIRECTORY, { recursive: true })
const present = (): readonly string[] => readdirSync(DIRECTORY)
if (process.argv.includes('--write')) {
  for (const name of present()) if (!wanted.has(name)) rmSync(path.join(DIRECTORY, name))
  for (const [name, text] of wanted) writeFileSync(path.join(DIRECTORY, name), text)
}

const found = new Map(present().map((name) => [name, readFileSync(path.join(DIRECTORY, name), 'utf8')]))
const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name))
for (const name of stale)
  console.error(`${DIRECTORY}/${name} is not what the command tree makes. Type: npm run check:man -- --write`)
console.log(`man: ${found.size} pages, ${stale.length} stale`)
process.exitCode = stale.length === 0 ? 0 : 1
