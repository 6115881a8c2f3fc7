import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PersonHome } from '../support/person.ts'
import { atTerminal } from '../support/terminal.ts'
import { startWorld, type World } from '../support/world.ts'

const CTRL_C = '\u0003'
const ENTER = '\r'
const SHOW_CURSOR = '\u001b[?25h'

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = world.person('alice')
  const { code, stderr } = await alice.logIn()
  if (code !== 0) throw new Error(stderr)
})
afterAll(async () => {
  await alice.jit('revoke', '--all')
  await world.close()
})

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
