/** Runs the direction rules of .dependency-cruiser.cjs over src/ and proves that they read the modules: a tool that sees nothing reports nothing. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const run = spawnSync('depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'], {
  encoding: 'utf8',
  maxBuffer: 1 << 28,
})
if (run.error) throw run.error
const { modules, summary } = JSON.parse(run.stdout) as {
  modules: { source: string }[]
  summary: { violations: { from: string; to: string; rule: { name: string; severity: string } }[] }
}
const seen = new Set(modules.map(({ source }) => source))
const unread = globSync('src/**/*.ts').filter((file) => !seen.has(file.replaceAll('\\', '/')))
for (const { from, to, rule } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`)
for (const file of unread) console.error(`not read by the checker: ${file}`)
const errors = summary.violations.length + unread.length
console.log(`architecture: ${seen.size} modules read, ${errors} errors`)
process.exitCode = errors === 0 && seen.size > 20 ? 0 : 1
