import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type BreakableNetwork, breakableNetwork } from '../support/breakable-network.ts'
import { eventually } from '../support/eventually.ts'
import { hasTmux, inTmux } from '../support/in-tmux.ts'
import type { PersonHome } from '../support/person.ts'
import { readable } from '../support/shell-terminal.ts'
import { atTerminal } from '../support/terminal.ts'
import { POLICY, startWorld, TARGETS, type World } from '../support/world.ts'

const CTRL_C = '\u0003'
const ENTER = '\r'
const SHOW_CURSOR = '\u001b[?25h'

let world: World
let network: BreakableNetwork
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld({
    targets: [...TARGETS, { name: 'logs', description: 'Log files', maxDuration: '1h', labels: ['env=staging'] }],
    policy: POLICY.replace('resource == Target::"staging-db");', 'resource) when { resource != Target::"prod-db" };'),
    front: async (port) => (network = await breakableNetwork(port)),
  })
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

describe('at a terminal', () => {
  test('asks for target and reason, then delivers', async () => {
    const terminal = atTerminal(['elevate', '--for', '10m'], alice.env)
    await terminal.sees(/What do you need\?[^]*prod-db - 4h at most, 1 of dba[^]*staging-db - 8h at most, automatic/)
    terminal.types('stag')
    await terminal.sees(/need\? stag\r\n❯ staging-db[^\r]*\r\n\r\n/) // prod-db is filtered out
    terminal.types(ENTER)
    await terminal.sees(/Why\?/)
    terminal.types(`look${ENTER}`)
    const { code, screen } = await terminal.ended
    expect([code, screen]).toEqual([0, expect.stringContaining('staging-db is yours until')])
    await alice.jit('revoke', '--all')
  })

  test('--non-interactive asks nothing', async () => {
    const { code, screen } = await atTerminal(['elevate', 'staging-db', '--non-interactive'], alice.env).ended
    expect([code, screen]).toEqual([2, expect.stringContaining('Add: --reason TEXT')])
  })

  test('Ctrl-C at a question asks for nothing', async () => {
    const terminal = atTerminal(['elevate', 'staging-db'], alice.env)
    await terminal.sees(/Why\?/)
    terminal.types(CTRL_C)
    const { code, screen } = await terminal.ended
    expect([code, screen]).toEqual([130, expect.stringContaining('Interrupted: nothing was done.')])
    expect((await alice.jit('requests', '--json')).stdout).not.toContain('"pending"')
  })

  test('Ctrl-C while waiting stops the spinner, gives the cursor back and says how to come back', async () => {
    const terminal = atTerminal(['elevate', 'prod-db', '--reason', 'wait'], alice.env)
    await terminal.sees(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ?[^]*Waiting for dba/)
    terminal.types(CTRL_C)
    const { code, screen } = await terminal.ended
    const id = /\(request (r_\w{26})\)/.exec(screen)?.[1] ?? ''
    expect([code, screen]).toEqual([130, expect.stringContaining(`jit elevate --request ${id}`)])
    expect(screen.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(screen.lastIndexOf('\u001b[?25l'))
    await alice.jit('cancel', id)
  })

  test('without UTF-8 the spinner is ASCII', async () => {
    const terminal = atTerminal(['elevate', 'prod-db', '--reason', 'ascii'], { ...alice.env, LC_ALL: 'C' })
    await terminal.sees(/[-\\|/] ?[^]*Waiting for dba/)
    terminal.types(CTRL_C)
    const { screen } = await terminal.ended
    expect(screen).not.toMatch(/[^\p{ASCII}]/u)
    await alice.jit('cancel', /\(request (r_\w{26})\)/.exec(screen)?.[1] ?? '')
  })

  test('a table turns into blocks at 20 columns', async () => {
    const { code, screen } = await atTerminal(['targets'], alice.env, { columns: 20 }).ended
    expect([code, screen]).toEqual([0, expect.stringMatching(/prod-db\r\n {2}cloud: aws\r\n/)])
  })

  test('errors are coloured unless NO_COLOR says otherwise', async () => {
    const { NO_COLOR: _, ...colourful } = alice.env
    expect((await atTerminal(['revoke'], colourful).ended).screen).toContain('\u001b[31m')
    expect((await atTerminal(['revoke'], alice.env).ended).screen).not.toContain('\u001b[3')
  })
})

/** Something to choose from: two grants of ten minutes. */
async function twoGrants(): Promise<void> {
  onTestFinished(async () => void (await alice.jit('revoke', '--all')))
  const ended = await alice.jit('elevate', 'staging-db', 'logs', '--for', '10m', '--reason', 'x')
  expect([ended.code, ended.code === 0 ? '' : ended.stderr]).toEqual([0, ''])
}

describe('where a target is missing', () => {
  test('what is used most stands first, and what the endpoint says of it below', async () => {
    await twoGrants()
    await alice.jit('elevate', 'logs', '--for', '10m', '--reason', 'x')
    const terminal = atTerminal(['elevate', '--explain'], alice.env)
    await terminal.sees(/need\?\s+❯ logs - 1h at most, automatic\r\n {2}staging-db - 8h[^]*prod-db - 4h[^]*Log files/)
    terminal.types(CTRL_C)
    const { code, screen } = await terminal.ended
    expect([code, screen]).toEqual([130, expect.stringContaining('Interrupted: nothing was done.')])
  })

  test('revoke, exec, env and extend offer what lives here; Ctrl-C leaves it', async () => {
    await twoGrants()
    const left = atTerminal(['revoke'], alice.env)
    await left.sees(/Which grant shall end\?[^]*(logs|staging-db) - \d+m \d+s left[^]*All of them/)
    left.types(CTRL_C)
    expect(await left.ended).toMatchObject({ code: 130, screen: expect.stringContaining('nothing was done') })
    expect((await alice.jit('status', '--json')).stdout).toMatch(/"staging-db"[^]*"logs"|"logs"[^]*"staging-db"/)

    const exec = atTerminal(['exec', '--', 'printenv', 'JIT_GRANTED_TARGET'], alice.env)
    await exec.sees(/With which grant\?[^]*Another target/)
    exec.types('stag')
    await exec.sees(/grant\? stag[^]*❯ staging-db[^\r]*\r\n\r\n/)
    exec.types(ENTER)
    const ran = await exec.ended
    expect([ran.code, readable(ran.screen)]).toEqual([0, expect.stringMatching(/\nstaging-db\r\n/)])

    const all = atTerminal(['revoke'], alice.env)
    await all.sees(/All of them/)
    all.types('all of')
    await all.sees(/end\? all of\s+❯ All of them/)
    all.types(ENTER)
    expect(await all.ended).toMatchObject({
      code: 0,
      screen: expect.stringMatching(/Ended (staging-db|logs)[^]*Ended/),
    })
    const none = await atTerminal(['env'], alice.env).ended
    expect([none.code, none.screen]).toEqual([9, expect.stringContaining('jit status')])
  })

  test('without UTF-8 and at 20 columns the list is ASCII, a line for each', async () => {
    const terminal = atTerminal(['elevate', '--explain'], { ...alice.env, LC_ALL: 'C' }, { columns: 20 })
    await terminal.sees(/> \S+ - [^]*Enter takes it/)
    terminal.types(CTRL_C)
    const { screen } = await terminal.ended
    expect(screen).not.toMatch(/[^\p{ASCII}]/u)
    const rows = readable(screen).split(/\r\n/)
    expect(rows.filter((row) => row.startsWith('  ') && row.length > 20)).toEqual([])
  })

  test.each([
    ['elevate', 'Type: jit elevate TARGET --reason TEXT'],
    ['exec', 'Type: jit exec TARGET -- CMD'],
    ['env', 'Type: jit env TARGET'],
    ['console', 'Type: jit console TARGET'],
    ['revoke', 'Type: jit revoke TARGET'],
    ['extend', 'Type: jit extend TARGET --for 30m'],
  ])('nobody to ask: jit %s says what to type', async (command, hint) => {
    const words = command === 'exec' ? ['exec', '--', 'id'] : [command]
    const { code, stderr } = await alice.jit(...words)
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)])
  })
})

describe('a wait', () => {
  test('that is long says what it waits for, and leaves no trace; lines are never mixed', async () => {
    network.slow(900)
    onTestFinished(() => network.slow(0))
    const { code, screen } = await atTerminal(['targets'], alice.env).ended
    expect([code, screen]).toEqual([
      0,
      expect.stringMatching(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Asking 127\.0\.0\.1:\d+ what you may ask for/),
    ])
    const after = screen.slice(screen.lastIndexOf('Asking'))
    expect(after.indexOf('\u001b[0K')).toBeGreaterThan(0) // gone before the answer is printed
    expect(after.lastIndexOf('\u001b[0K')).toBeLessThan(after.indexOf('staging-db'))
    expect(screen.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(screen.lastIndexOf('\u001b[?25l'))
  })

  test('that is long says nothing where nobody watches', async () => {
    network.slow(900)
    onTestFinished(() => network.slow(0))
    expect(await alice.jit('targets')).toMatchObject({ code: 0, stderr: '' })
  })

  test('that is cut off by Ctrl-C: 130, and one sentence', async () => {
    network.slow(20_000)
    onTestFinished(() => network.slow(0))
    const terminal = atTerminal(['targets'], alice.env)
    await terminal.sees(/Asking/)
    terminal.types(CTRL_C)
    const { code, screen } = await terminal.ended
    expect([code, screen]).toEqual([130, expect.stringContaining('jit: Interrupted.')])
  })
})

describe('jit status --watch', () => {
  test.skipIf(!hasTmux)(
    'stays in its place, at 20 columns too, and in a window that is dragged; Ctrl-C ends it with 0',
    async () => {
      const command = `'${process.execPath}' '${resolve('bin/jit.js')}' status --watch`
      const tmux = inTmux(`echo before; ${command}`, { directory: alice.home, env: alice.env, columns: 150, rows: 24 })
      onTestFinished(() => tmux.close())
      const isEmpty = () => tmux.screen().join('|')
      const nothing =
        'before|No grant is active on this machine. See what you may ask for: jit targets|Ctrl-C ends this.'
      expect(await eventually(isEmpty, nothing)).toBe(nothing)
      await twoGrants()
      const shape = () => tmux.screen().map((row) => row.replace(/ .*/, ''))
      const rows = ['before', 'TARGET', 'logs', 'staging-db', 'Ctrl-C']
      expect((await eventually(() => shape().toSorted(), rows.toSorted())).toSorted()).toEqual(rows.toSorted())
      const left = () => /(\d+m \d+s)/.exec(tmux.screen().join('|'))?.[1]
      const first = left()
      expect(await eventually(() => left() === first, false)).toBe(false)
      tmux.resize(20, 40)
      const blocks = () => tmux.screen().filter((row) => /^ {2}left: \d+m/.test(row)).length
      expect(await eventually(blocks, 2)).toBe(2)
      expect(tmux.screen().filter((row) => row === 'Ctrl-C ends this.')).toHaveLength(1)
      tmux.press('C-c')
      expect(await eventually(() => tmux.screen().at(-1), 'ended 0')).toBe('ended 0')
    },
  )

  test('for programs: a line for each change, until Ctrl-C or until its reader is gone', async () => {
    expect((await alice.jit('status', '--watch')).code).toBe(2)
    const jit = `'${process.execPath}' '${resolve('bin/jit.js')}' status --watch --json`
    const headed = alice.startOther('sh', '-c', `${jit} | head -n 1`)
    const watching = alice.startOther('sh', '-c', `exec ${jit} >&2`)
    await watching.says(/"grants":\[\]/)
    await twoGrants()
    await watching.says(/"staging-db"[^\n]*"logs"|"logs"[^\n]*"staging-db"/)
    expect((await headed.done).code).toBe(0)
    watching.kill('SIGINT')
    const { code, stderr } = await watching.done
    expect(code).toBe(0)
    const lines = stderr.trim().split('\n')
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('grants')
    expect(new Set(lines.map((line) => line.replaceAll(/"secondsLeft":\d+/g, ''))).size).toBe(lines.length)
  })
})
