import { spawnSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { assertHome } from '../../../src/platform/machine.ts'

const asked = (env: Readonly<Record<string, string>>): string => {
  const program = `import { homeOf } from './src/platform/machine.ts'; console.log(homeOf())`
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' }).stdout.trim()
}

test('HOME counts where it is absolute; an empty or relative one would lead to wherever jit was started', () => {
  expect(asked({ HOME: '/somewhere' })).toBe('/somewhere')
  for (const HOME of ['', 'here', './here']) expect(asked({ HOME })).toBe(userInfo().homedir)
  expect(asked({})).toBe(userInfo().homedir)
})

test('who has no home is told what to set, unless all places are elsewhere', () => {
  const places = { config: '/c', state: '/s', runtime: '/r' }
  expect(() => assertHome(places)).not.toThrow()
  expect(() => assertHome({ ...places, state: '/dev/null/.local/state/jit' })).toThrow(/no home directory/)
})
