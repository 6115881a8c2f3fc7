import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { TempHome } from '../support/temp-home.ts'
import type { Figure, Form } from './figure.ts'

const RUNS: Readonly<Record<Form, number>> = { short: 2000, long: 100_000 }
const ROOT = join(import.meta.dirname, '../..')
const SUITE = 'test/unit/base/credentials-block.test.ts'
const PROPERTY = 'comes off in any order'

/** R5. The property of the unit tests, run as often as the promise says. */
export async function property(form: Form): Promise<readonly Figure[]> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  using home = new TempHome('memory')
  const report = join(home.root, 'report.json')
  const args = [
    'run',
    '--project',
    'unit',
    SUITE,
    '--reporter',
    'json',
    '--outputFile',
    report,
    '--testTimeout',
    '600000',
  ]
  const env = { ...process.env, FC_RUNS: String(RUNS[form]), ...(form === 'long' && { FC_SEED: 'random' }) }
  spawnSync(process.execPath, [vitest, ...args], { cwd: ROOT, env, stdio: 'ignore' })
  const tests = testsIn(home.text(report) ?? '')
  const failed = tests.filter(({ status }) => status !== 'passed').map(({ name }) => name)
  const ran = tests.some(({ name, status }) => name.includes(PROPERTY) && status === 'passed')
  const count = ran ? RUNS[form] : 0
  return [
    { row: 'R5', what: 'byte-exact edit and restore, foreign edits between', count, least: RUNS[form], found: failed },
  ]
}

type Test = { readonly name: string; readonly status: string }

function testsIn(report: string): readonly Test[] {
  const names = [...report.matchAll(/"fullName":"((?:[^"\\]|\\.)*)","status":"(\w+)"/g)]
  return names.map(([, name = '', status = '']) => ({ name, status }))
}
