import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ageSlices, leaseStoreOf } from '../support/aged-slice.ts'
import { approveInBrowser, denyInBrowser } from '../support/browser-robot.ts'
import { eventually } from '../support/eventually.ts'
import { expireLogin } from '../support/expired-login.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf } from '../support/reapers.ts'
import { type AtTerminal, atTerminal } from '../support/terminal.ts'
import { startWorld, type World } from '../support/world.ts'

/** Key store, discovery and a program start before a browser opens, on a machine that is busy. */
const SOON = { withinMs: 60_000 }
const [CTRL_C, ENTER] = ['\u0003', '\r']

let world: World
let alice: PersonHome
beforeAll(async () => {
  world = await startWorld()
  const bin = join(world.directory, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'xdg-open'), '#!/bin/sh\nprintf "%s\\n" "$1" >>"$HOME/opened"\n', { mode: 0o755 })
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

/** A desktop whose browser notes each URL that it is given on a line. */
type Desktop = PersonHome & { readonly opened: () => readonly string[] }

let count = 0
/** Somebody at a desktop whose login has run out. */
async function desktop(): Promise<Desktop> {
  const name = `desktop-${count++}`
  const bin = join(world.directory, 'bin')
  const home = world.machine(alice, name, { PATH: `${bin}:${process.env['PATH']}`, DISPLAY: ':0' })
  await expireLogin(home)
  const log = join(home.home, 'opened')
  return {
    ...home,
    opened: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  }
}

const QUESTION = /Your login has run out\. Log in now\?/

async function logsIn({ opened }: Desktop, as = 'alice'): Promise<void> {
  expect(await eventually(() => opened().length, 1, SOON)).toBe(1)
  await approveInBrowser(opened()[0] ?? '', as)
}

describe('a command that finds the login over', () => {
  test('offers a new one, and goes on with what was asked: once in the browser, for all of its calls', async (context) => {
    const home = await desktop()
    const terminal = atTerminal(['elevate', 'staging-db', '--for', '10m', '--reason', 'x'], home.env)
    context.onTestFinished(async () => void (await home.jit('revoke', '--all')))
    await terminal.sees(QUESTION)
    expect(home.opened()).toEqual([])
    terminal.types(ENTER)
    await logsIn(home)
    const { code, screen } = await terminal.ended
    expect([code, screen]).toEqual([
      0,
      expect.stringMatching(/Logged in to http\S+ as alice@corp\.example\.[^]*staging-db is yours until/),
    ])
    expect(home.opened()).toHaveLength(1)
    expect((await home.jit('targets')).code).toBe(0) // it was kept
  })

  test('who says no, or lets the browser wait, gets the error that there always was, and nothing is done', async () => {
    const home = await desktop()
    const no = atTerminal(['targets'], home.env)
    await no.sees(QUESTION)
    no.types(`n${ENTER}`)
    const said = await no.ended
    expect([said.code, said.screen]).toEqual([4, expect.stringMatching(/run out\.\r\n +Type: jit login/)])
    const cut = atTerminal(['targets'], home.env)
    await cut.sees(QUESTION)
    cut.types(CTRL_C)
    expect((await cut.ended).code).toBe(130)
    expect(home.opened()).toEqual([])
    const later = atTerminal(['targets'], home.env)
    await later.sees(QUESTION)
    later.types(ENTER)
    expect(await eventually(() => home.opened().length, 1, SOON)).toBe(1)
    await later.sees(/If it did not open/)
    later.types(CTRL_C)
    expect((await later.ended).code).toBe(130)
    expect((await home.jit('targets')).code).toBe(4)
  })

  test('somebody else who logs in there has to say that he means it too', async () => {
    const home = await desktop()
    const terminal = atTerminal(['targets'], home.env)
    await terminal.sees(QUESTION)
    terminal.types(ENTER)
    await logsIn(home, 'bob')
    const { code, screen } = await terminal.ended
    expect([code, screen]).toEqual([
      4,
      expect.stringMatching(/asked as alice@corp\.example, and now bob@corp\.example/),
    ])
  })

  test('nobody is asked by plumbing, by whoami, nor where --non-interactive says so', async () => {
    const home = await desktop()
    const ended = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      atTerminal(words, { ...home.env, ...env }).ended
    const all = await Promise.all([
      ended(['targets', '--non-interactive']),
      ended(['targets'], { JIT_NON_INTERACTIVE: '1' }),
      ended(['sweep']),
      ended(['whoami']),
    ])
    expect(all.map(({ code }) => code)).toEqual([4, 4, 0, 0])
    for (const { screen } of all) expect(screen).not.toMatch(QUESTION)
    expect(home.opened()).toEqual([])
  })

  test('several at once: one browser, and all of them go on', async () => {
    const home = await desktop()
    const terminals = [1, 2, 3, 4].map(() => atTerminal(['targets'], home.env))
    await Promise.all(terminals.map((each) => each.sees(QUESTION)))
    for (const each of terminals) each.types(ENTER)
    expect(await eventually(() => home.opened().length, 1, SOON)).toBe(1)
    await Promise.all(othersOf(terminals).map((each) => each))
    await logsIn(home)
    for (const { code, screen } of await Promise.all(terminals.map(({ ended }) => ended)))
      expect([code, screen]).toEqual([0, expect.stringContaining('staging-db')])
    expect(home.opened()).toHaveLength(1)
  })

  test('one that starts while another logs in waits for that login, unasked; if that fails, it asks', async () => {
    const home = await desktop()
    const first = atTerminal(['targets'], home.env)
    await first.sees(QUESTION)
    first.types(ENTER)
    await first.sees(/If it did not open/)
    const second = atTerminal(['targets'], home.env)
    await second.sees(/Another jit command on this machine is logging in/)
    expect(second.screen()).not.toMatch(QUESTION)
    await denyInBrowser(home.opened()[0] ?? '', 'alice')
    expect((await first.ended).code).toBe(4)
    await second.sees(QUESTION)
    second.types(CTRL_C)
    expect((await second.ended).code).toBe(130)
  })
})

/** All but the one that has the browser say that they wait. */
function othersOf(terminals: readonly AtTerminal[]): readonly Promise<void>[] {
  const waiting = /Another jit command on this machine is logging in/
  return terminals.map((each) => each.sees({ test: (screen) => waiting.test(screen) || /did not open/.test(screen) }))
}

test('200 callers of credential-process find the login over: no browser, no question, 4 and what to type', async () => {
  const home = await desktop()
  expect((await home.logIn()).code).toBe(0)
  expect((await home.jit('elevate', 'staging-db', '--for', '2h', '--reason', 'x')).code).toBe(0)
  await eventually(() => killReapersOf(home.home).length, 1)
  ageSlices(leaseStoreOf(home))
  await expireLogin(home)
  const answers = await Promise.all(
    Array.from(
      { length: 200 },
      () => home.startOther(process.execPath, 'bin/jit.js', 'credential-process', 'staging-db').done,
    ),
  )
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([4]))
  for (const { stdout, stderr } of answers)
    expect([stdout, stderr]).toEqual([
      '',
      expect.stringMatching(/^jit: Your login has run out\.\n {5}Type: jit login\n$/),
    ])
  expect(home.opened()).toEqual([])
})
