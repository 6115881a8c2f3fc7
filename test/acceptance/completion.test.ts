import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machineId } from '../../src/platform/machine.ts'
import type { PersonHome } from '../support/person.ts'
import {
  PROMPTED_SHELLS,
  type PromptedShell,
  type ShellAtTerminal,
  shellAtTerminal,
} from '../support/shell-terminal.ts'
import { startWorld, type World } from '../support/world.ts'

const TAB = '\t'
const KILL_LINE = '\u0015'
const COMPLETIONS = resolve('completions')
const SHELLS = PROMPTED_SHELLS.filter((program) => spawnSync(program, ['--version']).status === 0)

let world: World
let alice: PersonHome
let state: string

beforeAll(async () => {
  world = await startWorld()
  alice = world.person('alice')
  state = join(alice.home, '.local/state/jit')
  const { code, stderr } = await alice.logIn()
  if (code !== 0) throw new Error(stderr)
})
afterAll(() => world.close())

const SET_UP: Readonly<Record<PromptedShell, string>> = {
  bash: `source ${COMPLETIONS}/jit.bash; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'`,
  zsh: `fpath=(${COMPLETIONS} $fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep`,
  fish: `source ${COMPLETIONS}/jit.fish`,
}

async function withShell(shell: PromptedShell, use: (sitting: ShellAtTerminal) => Promise<void>): Promise<void> {
  const sitting = await shellAtTerminal(shell, { env: alice.env })
  try {
    await sitting.run(SET_UP[shell])
    await sitting.run(shell === 'fish' ? 'function jit; echo "<$argv>"; end' : 'jit() { echo "<$*>"; }')
    await use(sitting)
  } finally {
    await sitting.close()
  }
}

/** What the command would be called with, had the user pressed Enter after Tab. */
async function completed(sitting: ShellAtTerminal, typed: string): Promise<string> {
  const text = await sitting.press(`${typed}${TAB}`, /./)
  const [, words = text] = /<(.*?) ?>/.exec(await sitting.press('\r', /<[^>]*>/)) ?? []
  return words
}

describe('names that jit writes down for completions', () => {
  test('are the targets that the endpoint offers, private, and gone after logout', async () => {
    await alice.jit('targets')
    const names = JSON.parse((await alice.jit('targets', '--json')).stdout).map(({ name }: { name: string }) => name)
    expect(readFileSync(join(state, 'targets'), 'utf8')).toBe(`${names.join('\n')}\n`)
    const bob = world.person('bob')
    await bob.logIn()
    await bob.jit('elevate', 'no-such-target', '--reason', 'x')
    const file = join(bob.home, '.local/state/jit/targets')
    expect(existsSync(file)).toBe(true)
    await bob.jit('logout')
    expect(existsSync(file)).toBe(false)
  })
})

describe.each(SHELLS)('Tab in %s', (shell) => {
  beforeAll(async () => {
    await alice.jit('targets')
    const { code, stderr } = await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'x')
    if (code !== 0) throw new Error(stderr)
  })

  test.each([
    ['a command', 'jit elev', 'elevate'],
    ['a target', 'jit elevate stag', 'elevate staging-db'],
    ['a second target', 'jit elevate staging-db pro', 'elevate staging-db prod-db'],
    [
      'a target after flags with values',
      'jit elevate --for 1h --reason prod stag',
      'elevate --for 1h --reason prod staging-db',
    ],
    ['a grant, of which there is one', 'jit revoke ', 'revoke staging-db'],
    ['no grant where only a target has that name', 'jit revoke pro', 'revoke pro'],
    ['a flag', 'jit elevate --justi', 'elevate --justification'],
    ['the value of a flag', 'jit elevate --deliver iso', 'elevate --deliver isolated'],
    ['a shell', 'jit shell-init z', 'shell-init zsh'],
    ['a topic of help', 'jit help exit', 'help exit-codes'],
  ])('completes %s', async (_what, typed, wanted) => {
    await withShell(shell, async (sitting) => expect(await completed(sitting, typed)).toBe(wanted))
  })

  test('completes what jit exec runs as if it stood there alone', async () => {
    writeFileSync(join(alice.home, 'zzfile'), '')
    const typed = shell === 'bash' ? 'jit exec staging-db -- cat zzf' : 'jit exec staging-db -- chgr'
    const wanted = shell === 'bash' ? 'exec staging-db -- cat zzfile' : 'exec staging-db -- chgrp'
    await withShell(shell, async (sitting) => {
      await sitting.run('cd')
      expect(await completed(sitting, typed)).toBe(wanted)
    })
  })

  test('offers all targets where several are meant', async () => {
    await withShell(shell, async (sitting) => {
      const text = await sitting.press(`jit elevate ${TAB}${TAB}`, /staging-db/)
      expect(text).toContain('prod-db')
      await sitting.press(KILL_LINE, /./)
    })
  })

  test('neither executes nor offers hostile names', async () => {
    const owned = join(alice.home, 'owned')
    const hostile = [
      `$(touch ${owned})`,
      `\`touch\t${owned}\``,
      `zz';touch ${owned};'`,
      `zz"$(touch\t${owned})"`,
      'zz\u001b]0;title\u0007',
      'zz b',
      '-zz',
      '../zz',
    ]
    const [targets, hint] = [join(state, 'targets'), join(state, machineId(), 'prompt')]
    const before = [targets, hint].map((file) => readFileSync(file, 'utf8'))
    writeFileSync(targets, [...hostile, 'zzz-fine', ''].join('\n'))
    writeFileSync(hint, [...hostile.map((name) => `9999999999 active ${name.replaceAll(' ', '\t')}`), ''].join('\n'))
    mkdirSync(join(state, 'requests'), { recursive: true })
    writeFileSync(join(state, 'requests', 'r_$(id).json'), '')
    try {
      await withShell(shell, async (sitting) => {
        expect(await completed(sitting, 'jit elevate z')).toBe('elevate zzz-fine')
        expect(await completed(sitting, 'jit elevate ')).toBe('elevate zzz-fine')
        expect(await completed(sitting, 'jit revoke ')).toBe('revoke')
        expect(await completed(sitting, 'jit cancel ')).toBe('cancel')
      })
      expect(existsSync(owned)).toBe(false)
      expect(readdirSync(alice.home)).not.toContain('owned')
    } finally {
      writeFileSync(targets, before[0] ?? '')
      writeFileSync(hint, before[1] ?? '')
      spawnSync('rm', [join(state, 'requests', 'r_$(id).json')])
    }
  })
})

test.each(SHELLS)('%s takes what jit completion prints, in a strict shell too', async (shell) => {
  const { code, stdout } = await alice.jit('completion', shell)
  expect(code).toBe(0)
  const strict = shell === 'fish' ? 'cat | source' : 'set -eu; eval "$(cat)"'
  expect(spawnSync(shell, ['-c', strict], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})
