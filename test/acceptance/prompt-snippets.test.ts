import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { promptMachine } from '../support/prompt-machine.ts'
import { PROMPTED_SHELLS, type PromptedShell } from '../support/shell-terminal.ts'

const PAGE = readFileSync(resolve('docs/prompt.md'), 'utf8')
const isInstalled = (program: string, flag = '--version'): boolean => spawnSync(program, [flag]).status === 0
const SHELLS = PROMPTED_SHELLS.filter((shell) => isInstalled(shell))

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A machine with `jit` on PATH, a grant of 20 minutes, and programs that stand for others. */
function machine(programs: Readonly<Record<string, string>> = {}) {
  const at = promptMachine(open)
  const bin = join(at.home.root, 'bin')
  mkdirSync(bin)
  symlinkSync(resolve('bin/jit.js'), join(bin, 'jit'))
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  at.grant('prod-db', 1220)
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` }
  return { ...at, env, sit: (shell: PromptedShell, more = {}) => at.shell(shell, { ...env, ...more }) }
}

/** A code block of docs/prompt.md: the first that follows these words, or the one after it. */
function block(words: string, nth: 0 | 1 = 0): string {
  const at = PAGE.indexOf(words)
  const code = [...PAGE.slice(at).matchAll(/```\w*\n([^]*?)```/g)][nth]?.[1]
  if (at < 0 || code === undefined) throw new Error(`docs/prompt.md has no block after ${words}`)
  return code.trimEnd()
}
/** What a table of docs/prompt.md says for a shell. */
const line = (section: string, shell: string): string => {
  const found = new RegExp(`^\\| ${shell} \\| \`(.+?)\``, 'm').exec(PAGE.slice(PAGE.indexOf(section)))?.[1]
  if (found === undefined) throw new Error(`${section} has no line for ${shell}`)
  return found.replaceAll('\\|', '|')
}
const SEGMENT = '[prod-db 20m] '

describe.each(SHELLS)('docs/prompt.md in %s', (shell) => {
  test('the line of the table shows the grant', async () => {
    const sitting = await machine().sit(shell)
    await sitting.run(line('## The segment', shell))
    expect(await sitting.prompt()).toBe(SEGMENT)
  })

  test('the line for completions says nothing and is taken', async () => {
    const sitting = await machine().sit(shell)
    if (shell === 'zsh') await sitting.run('autoload -Uz compinit; compinit -u -D')
    expect(await sitting.run(line('## Completions', shell))).not.toMatch(/error|no such|not found|unknown/i)
  })
})

test('the script that is kept in a file shows the grant in the next shell', async () => {
  const at = machine()
  const first = await at.sit('bash')
  await first.run(block('keep the script in a file'))
  const next = await at.sit('bash')
  await next.run('. ~/.bashrc')
  expect(await next.prompt()).toBe(SEGMENT)
})

test('a PS1 of your own', async () => {
  const [, ps1 = ''] = /`(PS1='\$\{JIT_PROMPT_SEGMENT[^`]+)`/.exec(PAGE) ?? []
  expect(ps1).toContain('JIT_PROMPT_SEGMENT')
  const sitting = await machine().sit('bash', { JIT_PROMPT: 'off' })
  await sitting.run(line('## The segment', 'bash'))
  await sitting.run(ps1)
  expect(await sitting.prompt()).toBe(SEGMENT)
})

test('starship, which is a program that reads the environment, sees the segment, and nothing after the end', async () => {
  // As its script for bash does: its own hook after those that are there.
  const starship = `case "$1" in
init) echo 'starship_precmd() { PS1="$(starship prompt)"; }; PROMPT_COMMAND="\${PROMPT_COMMAND%;};starship_precmd;"';;
prompt) printf '%sREADY> ' "\${JIT_PROMPT_SEGMENT:+[$JIT_PROMPT_SEGMENT] }";; esac`
  const at = machine({ starship })
  const sitting = await at.sit('bash')
  await sitting.run(block('### starship'))
  expect(await sitting.prompt()).toBe(SEGMENT)
  at.grant('prod-db', -1)
  expect(await eventually(() => sitting.prompt(), '')).toBe('')
  // An empty variable is one: only parentheses hide it, and the blank behind it (starship.rs/config, conditional format strings).
  expect(block('### starship', 1)).toMatch(
    /^\[env_var\.JIT_PROMPT_SEGMENT\]\nformat = "\(\[\$env_value\]\(\$style\) \)"$/m,
  )
})

test.skipIf(!SHELLS.includes('zsh'))(
  'powerlevel10k is given the text and its colour, and nothing after the end',
  async () => {
    const at = machine()
    const sitting = await at.sit('zsh', { JIT_PROMPT: 'off' })
    await sitting.run(line('## The segment', 'zsh'))
    await sitting.run(`p10k() { print -r -- "p10k<\${(j:|:)@}>" }`)
    await sitting.run(block('### powerlevel10k').replaceAll('\n', '; ').replace('() {;', '() {'))
    expect(await sitting.run('prompt_jit')).toContain('p10k<segment|-f|2|-t|prod-db 20m>')
    at.grant('prod-db', 60)
    expect(await sitting.run('prompt_jit')).toMatch(/p10k<segment\|-f\|1\|-t\|prod-db ends in \d+s>/)
    at.grant('prod-db', -1)
    expect(await eventually(() => sitting.run('prompt_jit').then((text) => text.includes('p10k<')), false)).toBe(false)
  },
)

test.skipIf(!SHELLS.includes('zsh'))(
  'oh-my-posh, whose own start defines an empty set_poshcontext, sees the segment',
  async () => {
    const posh = `case "$1" in
init) echo 'function set_poshcontext() { return }; posh_precmd() { set_poshcontext; PROMPT="$(oh-my-posh print)" }; precmd_functions+=(posh_precmd)';;
print) printf '%sREADY> ' "\${JIT_PROMPT_SEGMENT:+[$JIT_PROMPT_SEGMENT] }";; esac`
    const sitting = await machine({ 'oh-my-posh': posh }).sit('zsh')
    for (const command of block('### oh-my-posh').split('\n')) await sitting.run(command)
    expect(await sitting.prompt()).toBe(SEGMENT)
    const { template } = JSON.parse(block('### oh-my-posh', 1))
    expect(template).toBe('{{ if .Env.JIT_PROMPT_SEGMENT }}{{ .Env.JIT_PROMPT_SEGMENT }} {{ end }}')
  },
)

test.skipIf(!isInstalled('tmux', '-V'))(
  'tmux shows the segment in its status line, and nothing after the end',
  async () => {
    const at = machine()
    const first = await at.sit('bash')
    await first.run(block('keep the script in a file'))
    const file = join(at.home.root, 'tmux.conf')
    writeFileSync(file, block('### tmux').replace('status-interval 15', 'status-interval 1'))
    const socket = `jit-test-${process.pid}`
    const env = { ...at.env, HOME: at.home.home, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' }
    const tmux = (...args: string[]): string =>
      spawnSync('tmux', ['-L', socket, '-f', file, ...args], { env }).stdout.toString()
    open.push(() => void tmux('kill-server'))
    // A tmux inside another one: the status line of the inner one is on the outer one's screen.
    const outer = (...args: string[]): string =>
      spawnSync('tmux', ['-L', `${socket}-outer`, '-f', '/dev/null', ...args], { env }).stdout.toString()
    open.push(() => void outer('kill-server'))
    outer('new-session', '-d', '-x', '80', '-y', '10', `tmux -L ${socket} -f ${file} new-session cat`)
    const shows = (): boolean => outer('capture-pane', '-p').includes('prod-db 20m')
    expect(await eventually(shows, true, { withinMs: 20_000 })).toBe(true)
    at.grant('prod-db', -1)
    expect(await eventually(shows, false, { withinMs: 20_000 })).toBe(false)
  },
)
