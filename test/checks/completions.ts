/** `npm run check:completions` says whether completions/ is what the command tree makes; with `-- --write` it makes it so. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROMPTING_SHELLS } from '../../src/base/shell-quote.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { COMPLETION_FILES, completionScript } from '../../src/cli/shell/completion/script.ts'
import { fakeContext } from '../support/fake-context.ts'

const DIRECTORY = 'completions'
const program = buildProgram(fakeContext().ctx)
const wanted = new Map(
  PROMPTING_SHELLS.map((shell) => [COMPLETION_FILES[shell], completionScript(shell, program)] as const),
)

mkdirSync(DIRECTORY, { recursive: true })
if (process.argv.includes('--write')) for (const [name, text] of wanted) writeFileSync(path.join(DIRECTORY, name), text)

const found = new Map(readdirSync(DIRECTORY).map((name) => [name, readFileSync(path.join(DIRECTORY, name), 'utf8')]))
const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name))
for (const name of stale)
  console.error(`${DIRECTORY}/${name} is not what the command tree makes. Type: npm run check:completions -- --write`)
console.log(`completions: ${found.size} files, ${stale.length} stale`)
process.exitCode = stale.length === 0 ? 0 : 1
