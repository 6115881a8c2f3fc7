import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { shellInit } from '../../src/cli/shell/init/script.ts'
import { eventually } from '../support/eventually.ts'
import { promptMachine } from '../support/prompt-machine.ts'

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})
const machine = () => promptMachine(open)

describe('bash without a clock of its own (3.2, macOS)', () => {
  test.each([
    ['EPOCHSECONDS alone is missing', { EPOCHSECONDS: 'NO_SUCH_CLOCK' }],
    ['printf knows no time either', { EPOCHSECONDS: 'NO_SUCH_CLOCK', BASH_VERSINFO: 'OLD_BASH' }],
  ])('%s: the same', async (_what, replaced) => {
    const at = machine()
    at.grant('prod-db', 3)
    const file = at.script('bash')
    const text = Object.entries(replaced).reduce(
      (all, [from, to]) => all.replaceAll(from, to),
      readFileSync(file, 'utf8'),
    )
    writeFileSync(file, `OLD_BASH=(3 2)\n${text}`)
    const sitting = await at.shell('bash')
    await sitting.run(`source ${file}`)
    expect(await sitting.prompt()).toMatch(/^\[prod-db ends in [1-3]s\] $/)
    await sitting.run('SECONDS=0')
    expect(await eventually(() => sitting.prompt(), '')).toBe('')
  })

  test('uses no syntax that came later', () => {
    const text = shellInit('bash', { hint: '/h', asked: '/a', sweep: ['/n'], env: {} })
    expect(text).not.toMatch(/local -n|declare -g|\$\{\w+[@^,]|\|&|&>>|;;?&|mapfile|readarray|\[\[ -v|coproc/)
  })
})

test('PROMPT_COMMAND that is an array (bash 5.1) gets one more', async () => {
  const at = machine()
  at.grant('prod-db', 1220)
  const sitting = await at.shell('bash')
  await sitting.run(`PROMPT_COMMAND=('a=1' 'b=2')`)
  for (const _time of [1, 2]) await sitting.run(`source ${at.script('bash')}`)
  expect(await sitting.prompt()).toBe('[prod-db 20m] ')
  expect(await sitting.run('echo "<${PROMPT_COMMAND[*]}> $a$b"')).toContain('<a=1 b=2 __jit_prompt> 12')
})
