import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { awsDelivery, newLease, SECRETS } from '../support/aws-lease.ts'
import { eventually } from '../support/eventually.ts'
import { promptMachine } from '../support/prompt-machine.ts'
import { PROMPTED_SHELLS, type PromptedShell } from '../support/shell-terminal.ts'

const JIT = `${process.execPath} ${resolve('bin/jit.js')}`
const HAS_STRACE = spawnSync('strace', ['-V']).status === 0
const YELLOW = '\u001b[33m'
const RED = '\u001b[31m'
const BOLD_RED = '\u001b[1;31m'
const WARNING = new RegExp(String.raw`\x1b\[[\d;]*3[13]m`)

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const SHELLS = PROMPTED_SHELLS.filter(isInstalled)

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})
const machine = () => promptMachine(open)

const evaluate = (shell: PromptedShell): string =>
  shell === 'fish' ? `${JIT} shell-init fish | source` : `eval "$(${JIT} shell-init ${shell})"`

describe.each(SHELLS)('the prompt of %s', (shell) => {
  test('is silent before, shows target and time left, warns, and is silent at the end though nobody says so', async () => {
    const at = machine()
    const sitting = await at.shell(shell)
    await sitting.run(`source ${at.script(shell)}`)
    expect(await sitting.rawPrompt()).not.toMatch(WARNING)
    expect(await sitting.prompt()).toBe('')
    at.grant('prod-db', 3920)
    expect(await sitting.prompt()).toBe('[prod-db 1h05m] ')
    at.grant('prod-db', 615)
    const calm = await sitting.rawPrompt()
    expect(calm).toMatch(/\[prod-db 10m\] $/)
    expect(calm).not.toMatch(WARNING)
    at.grant('prod-db', 599)
    expect(await sitting.rawPrompt()).toContain(`${YELLOW}[prod-db 9m left]`)
    at.grant('prod-db', 100)
    const now = await sitting.rawPrompt()
    expect([now.includes(BOLD_RED) || now.includes(RED), now]).toEqual([
      true,
      expect.stringMatching(/\[prod-db ends in (?:100|9\d)s\]/),
    ])
    at.grant('prod-db', 1)
    const written = readFileSync(at.hint, 'utf8')
    expect(await eventually(() => sitting.prompt(), '')).toBe('')
    expect(readFileSync(at.hint, 'utf8')).toBe(written)
  })

  test('asks for a sweep at the end, which removes the credentials while nobody types jit', async () => {
    const at = machine()
    const sitting = await at.shell(shell)
    await sitting.run(evaluate(shell))
    await at.leasing.write(newLease(systemClock, 'g_1', 'prod-db', 2500), awsDelivery('jit-prod-db'))
    expect(await sitting.prompt()).toMatch(/^\[prod-db ends in [12]s\] $/)
    expect(at.home.filesHolding(...SECRETS)).toEqual([at.home.credentials])
    await eventually(() => sitting.prompt(), '')
    const left = async () => {
      await sitting.prompt()
      return existsSync(at.hint)
    }
    expect(await eventually(left, false)).toBe(false)
    expect(at.home.filesHolding(...SECRETS)).toEqual([])
  })

  test('asks once a minute at most, whatever number of shells is open', async () => {
    const at = machine()
    at.grant('prod-db', -10)
    const sittings = [await at.shell(shell), await at.shell(shell)]
    for (const sitting of sittings) await sitting.run(`source ${at.script(shell)}`)
    for (const sitting of [...sittings, ...sittings]) expect(await sitting.prompt()).toBe('')
    expect(await eventually(at.sweeps, 'it s\n')).toBe('it s\n')
  })

  test('asks at once for an end that came after the last time, seconds later too', async () => {
    const at = machine()
    at.grant('prod-db', -10)
    const sitting = await at.shell(shell)
    await sitting.run(`source ${at.script(shell)}`)
    await sitting.prompt()
    expect(await eventually(at.sweeps, 'it s\n')).toBe('it s\n')
    at.store.remove('grant_prod-db')
    at.grant('logs', 1)
    const asked = async () => {
      await sitting.prompt()
      return at.sweeps()
    }
    expect(await eventually(asked, 'it s\nit s\n')).toBe('it s\nit s\n')
    expect(await sitting.prompt()).toBe('')
    expect(at.sweeps()).toBe('it s\nit s\n')
  })

  test('several grants: what ends first comes first, a wide terminal names three, a narrow one one', async () => {
    const at = machine()
    for (const [index, name] of ['one', 'two', 'three', 'four', 'five'].entries()) at.grant(name, 1220 + 600 * index)
    const [wide, narrow] = [await at.shell(shell), await at.shell(shell, {}, { columns: 40 })]
    for (const sitting of [wide, narrow]) await sitting.run(`source ${at.script(shell)}`)
    expect(await wide.prompt()).toBe('[one 20m, two 30m, three 40m +2] ')
    expect(await narrow.prompt()).toBe('[one 20m +4] ')
  })

  test('says what could not be wiped for as long as it lies there', async () => {
    const at = machine()
    at.grant('prod-db', -100, { state: 'stuck', attempts: 1, retryAt: Date.now() + 50_000 })
    const sitting = await at.shell(shell)
    await sitting.run(`source ${at.script(shell)}`)
    expect(await sitting.prompt()).toBe('[prod-db not wiped] ')
    expect(at.sweeps()).toBe('')
  })

  test('does not guess after the clock was set back, and asks for the sweep that puts it right', async () => {
    const at = machine()
    const now = Math.floor(Date.now() / 1000)
    writeFileSync(at.hint, `${now + 9000} due ${now + 7200}\n${now + 9000} active prod-db\n`)
    const sitting = await at.shell(shell)
    await sitting.run(`source ${at.script(shell)}`)
    expect(await sitting.prompt()).toBe('[prod-db ?] ')
    expect(await eventually(at.sweeps, 'it s\n')).toBe('it s\n')
  })

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['a terminal that is dumb', { TERM: 'dumb' }],
  ])('has no colours with %s', async (_why, env) => {
    const at = machine()
    at.grant('prod-db', 60)
    const sitting = await at.shell(shell, env)
    await sitting.run(`source ${at.script(shell)}`)
    const raw = await sitting.rawPrompt()
    expect(raw).toMatch(/\[prod-db ends in \d+s\] /)
    expect(raw).not.toMatch(WARNING)
  })

  test('evaluated twice, it shows once', async () => {
    const at = machine()
    at.grant('prod-db', 1220)
    const sitting = await at.shell(shell)
    for (const _time of [1, 2, 3]) await sitting.run(`source ${at.script(shell)}`)
    expect(await sitting.prompt()).toBe('[prod-db 20m] ')
  })

  test('leaves exit status and hooks of the user alone', async () => {
    const at = machine()
    at.grant('prod-db', 1220)
    const sitting = await at.shell(shell)
    const own = {
      bash: `PROMPT_COMMAND='seen=$?; true;'; PS1='$seen/$? READY> '`,
      zsh: `precmd() { seen=$? }; setopt prompt_subst; PROMPT='$seen/%? READY> '`,
      fish: `function fish_prompt; set -l all $pipestatus; printf '%s/%s READY> ' $all[1] $all[-1]; end`,
    }[shell]
    await sitting.run(own)
    await sitting.run(`source ${at.script(shell)}`)
    const fails = shell === 'fish' ? 'false | false' : 'false'
    expect(await sitting.press(`${fails}\r`, /1 READY> /)).toContain('[prod-db 20m] 1/1 READY> ')
  })

  test('JIT_PROMPT=off leaves the prompt alone; jit_prompt_segment is for prompts of your own', async () => {
    const at = machine()
    at.grant('prod-db', 320)
    const sitting = await at.shell(shell, { JIT_PROMPT: 'off' })
    await sitting.run(`source ${at.script(shell)}`)
    expect(await sitting.prompt()).toBe('')
    expect(await sitting.run('jit_prompt_segment')).toContain('prod-db 5m left')
    expect(await sitting.run('echo "<$JIT_PROMPT_SEGMENT/$JIT_PROMPT_LEVEL>"')).toContain('<prod-db 5m left/soon>')
  })

  test('runs in a strict shell, without HOME and XDG directories', async () => {
    const at = machine()
    at.grant('prod-db', 1220)
    const sitting = await at.shell(shell)
    const strict = {
      bash: 'set -eu; set -o pipefail; unset HOME XDG_STATE_HOME COLUMNS TERM',
      zsh: 'setopt err_exit no_unset warn_create_global ksh_arrays; unset HOME XDG_STATE_HOME TERM',
      fish: 'set -e HOME; set -e XDG_STATE_HOME',
    }[shell]
    await sitting.run(`source ${at.script(shell)}`)
    await sitting.run(strict)
    await sitting.run(`source ${at.script(shell)}`)
    expect(await sitting.prompt()).toBe('[prod-db 20m] ')
    at.grant('prod-db', -5)
    expect(await sitting.prompt()).toBe('')
    expect(await sitting.run('jit_prompt_segment')).not.toMatch(/unbound|not set|error|Unknown|No such/i)
    at.store.remove('grant_prod-db')
    expect(await sitting.prompt()).toBe('')
  })

  test('executes and shows nothing of what a hostile hint says', async () => {
    const at = machine()
    const owned = join(at.home.root, 'owned')
    const later = Math.floor(Date.now() / 1000) + 1230
    const hostile = [
      `$(touch ${owned})`,
      `\`touch\t${owned}\``,
      `%F{red}%n$PATH\\u\\$(touch\t${owned})`,
      `\u001b]0;title\u0007\u001b[2J`,
      `';touch\t${owned};'`,
      `"$(touch\t${owned})"`,
      `x${'y'.repeat(300)}`,
    ]
    const sitting = await at.shell(shell, {}, { columns: 200 })
    await sitting.run(`source ${at.script(shell)}`)
    mkdirSync(join(at.home.root, 'x'))
    for (const name of hostile) {
      writeFileSync(at.hint, `${later} due 1\n${later} active ${name}\n`)
      expect(await sitting.prompt()).toMatch(/^\[[A-Za-z0-9._?-]{1,32} 20m\] $/)
    }
    const numbers = [`a[$(touch\t${owned})]`, `x=$(touch\t${owned})`, '08', '-1', '1e9', '9'.repeat(40), '', '0x7f']
    for (const number of numbers) {
      writeFileSync(at.hint, `${number} due ${number}\n${number} active evil\n${later} active good`)
      const shown = await sitting.prompt()
      expect(['', '[good 20m] ']).toContain(shown) // a line that is cut off counts or not
    }
    writeFileSync(at.hint, Buffer.from([0, 255, 254, 10, 27, 10, ...Buffer.from(`${later} active good\n`)]))
    expect(await sitting.prompt()).toBe('[good 20m] ')
    writeFileSync(at.hint, `${later} active x\n`.repeat(5000))
    expect(await sitting.prompt()).toBe('[x 20m, x 20m, x 20m +47] ')
    expect(existsSync(owned)).toBe(false)
    expect(at.sweeps()).toBe('')
  })

  test.skipIf(!HAS_STRACE)('starts no process', async () => {
    const at = machine()
    at.grant('prod-db', 1220)
    at.grant('logs', 60)
    const trace = join(at.home.root, 'trace')
    const under = ['strace', '-f', '-qq', '-e', 'trace=execve,clone,clone3,fork,vfork', '-o', trace]
    const sitting = await at.shell(shell, {}, { under })
    await sitting.run(`source ${at.script(shell)}`)
    await sitting.prompt()
    // Threads of fish are no processes.
    const started = () =>
      readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => /\b(?:execve|v?fork|clone3?)\(/.test(line) && !line.includes('CLONE_THREAD')).length
    const before = started()
    expect(before).toBeGreaterThan(0) // proof that it is seen
    for (let prompts = 0; prompts < 10; prompts++)
      expect(await sitting.prompt()).toMatch(/^\[logs ends in \d+s, prod-db \d+m\] $/)
    expect(started()).toBe(before)
  })
})
