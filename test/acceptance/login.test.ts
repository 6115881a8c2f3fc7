import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { approveInBrowser, denyInBrowser } from '../support/browser-robot.ts'
import { disk } from '../support/disk.ts'
import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { hasSecretService, startSecretService, startSilentBus } from '../support/secret-service.ts'
import { hasFaketime, wrongClock } from '../support/wrong-clock.ts'
import { startWorld, type World } from '../support/world.ts'

/** Two companies: one whose IdP gives refresh tokens, one whose does not. */
let world: World
let strict: World
/** What the IdP says to the next polls of the device flow instead of the truth. */
let pollAnswer: string | undefined

function saying(answer: string, response: ServerResponse): true {
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: answer }))
  return true
}

beforeAll(async () => {
  ;[world, strict] = await Promise.all([
    startWorld({
      idp: {
        intercept: ({ method, url }, response) =>
          method === 'POST' && url === '/token' && pollAnswer !== undefined && saying(pollAnswer, response),
      },
    }),
    startWorld({ idp: { refreshTokens: false } }),
  ])
})
afterAll(() => Promise.all([world.close(), strict.close()]))

let count = 0
/** A machine that nobody has used yet. */
function newMachine(env: Readonly<Record<string, string>> = {}, at = world): PersonHome {
  const name = `new-${count++}`
  const empty = at.person(name)
  for (const part of ['.config', '.local']) mkdirSync(join(empty.home, part))
  return { ...at.machine({ ...empty, login: 'alice' }, name, env) }
}
const sealedLogin = ({ home }: PersonHome) => join(home, '.local/state/jit/login.json')
const deviceUrl = /(http:\/\/127\.0\.0\.1:\d+\/device\S*user_code=\S+)/

describe('by device code', () => {
  test('with nothing but the URL; the login is sealed, and logout removes all of it', async () => {
    const machine = newMachine()
    const before = disk(join(machine.home, '.local'))
    const login = machine.startLogin()
    await login.says(/Go to http:\/\/127\.0\.0\.1:\d+\/device and type the code \S+/)
    expect(await login.done).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/as alice@corp\.example/),
    })
    expect(JSON.parse((await machine.jit('whoami', '--json')).stdout)).toMatchObject({
      person: { email: 'alice@corp.example' },
      flow: 'device',
    })
    expect(disk(machine.home)['.local/state/jit/login.json']).toMatch(/^file \d+:\d+ 600 /)
    expect(readFileSync(sealedLogin(machine), 'utf8')).not.toMatch(/eyJ[\w-]{10,}\./)

    expect((await machine.jit('logout', '--json')).stdout).toBe('{"wasLoggedIn":true,"atIdp":"revoked"}\n')
    const left = Object.keys(disk(join(machine.home, '.local'))).filter((path) => !(path in before))
    expect(left.filter((path) => !/^state(\/jit(\/keys|\/login\.lock|\/[0-9a-f]{16}.*)?)?$/.test(path))).toEqual([])
    expect(await machine.jit('whoami')).toMatchObject({ code: 4, stderr: expect.stringContaining('jit login') })
  })

  test.each<[string, RegExp]>([
    ['access_denied', /\n {5}.*jit login/],
    ['expired_token', /Nobody finished the login within .*\n {5}To get a new code: jit login --device/],
  ])('that ends with %s is 4, and keeps nothing', async (answer, said) => {
    const machine = newMachine()
    pollAnswer = answer
    onTestFinished(() => void (pollAnswer = undefined))
    const ended = await machine.jit('login', world.endpoint.url, '--device')
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([4, '', expect.stringMatching(said)])
    expect(existsSync(sealedLogin(machine))).toBe(false)
    expect(existsSync(join(machine.home, '.config/jit/config.json'))).toBe(false)
  })

  test('that the person refuses at the IdP is 4; whoever was logged in before still is', async () => {
    const machine = newMachine()
    await machine.logIn()
    const login = machine.start('login', '--device')
    const [, url = ''] = await login.says(deviceUrl)
    const before = disk(join(machine.home, '.config'))
    await denyInBrowser(url, 'alice')
    expect(await login.done).toMatchObject({ code: 4, stderr: expect.stringContaining('jit login') })
    expect((await machine.jit('whoami')).code).toBe(0)
    expect(disk(join(machine.home, '.config'))).toEqual(before)
  })
})

describe('by browser', () => {
  /** A desktop whose browser leaves the URL that it was given in a file. */
  function desktop(): PersonHome {
    const machine = newMachine()
    const bin = join(machine.home, 'bin')
    mkdirSync(bin)
    const stub = '#!/bin/sh\nprintf %s "$1" >"$HOME/opening" && mv "$HOME/opening" "$HOME/opened"\n'
    writeFileSync(join(bin, 'xdg-open'), stub, { mode: 0o755 })
    return world.machine(machine, `${machine.home.split('/').at(-1)}-desktop`, {
      PATH: `${bin}:${process.env['PATH']}`,
      DISPLAY: ':0',
    })
  }
  async function opened({ home }: PersonHome): Promise<string> {
    const file = join(home, 'opened')
    await eventually(() => existsSync(file), true)
    return readFileSync(file, 'utf8')
  }

  test('is what a desktop gets: the browser is opened, and its answer logs in', async () => {
    const machine = desktop()
    const login = machine.start('login', world.endpoint.url)
    const url = await opened(machine)
    await login.says(/Waiting for the login in your browser\. If it did not open, go to:/)
    expect(login.stderr()).toContain(url)
    const page = await approveInBrowser(url, 'alice')
    expect(page.status).toBe(200)
    expect((await login.done).code).toBe(0)
    expect(JSON.parse((await machine.jit('whoami', '--json')).stdout)).toMatchObject({ flow: 'browser' })
  })

  test('refused by the person is 4, and keeps nothing', async () => {
    const machine = desktop()
    const login = machine.start('login', world.endpoint.url, '--json')
    await denyInBrowser(await opened(machine), 'alice')
    const { code, stderr, stdout } = await login.done
    expect([code, stdout]).toEqual([4, ''])
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ error: { code: 'LOGIN_FAILED' } })
    expect(existsSync(sealedLogin(machine))).toBe(false)
  })

  test('Ctrl-C ends it with 130', async () => {
    const machine = desktop()
    const login = machine.start('login', world.endpoint.url)
    await login.says(/If it did not open/)
    login.kill('SIGINT')
    expect((await login.done).code).toBe(130)
    expect(existsSync(sealedLogin(machine))).toBe(false)
  })
})

test.skipIf(!hasFaketime)(
  'without a refresh token the login lasts as long as its access token; then 4 and what to type',
  async () => {
    const machine = newMachine({}, strict)
    expect((await machine.logIn()).code).toBe(0)
    expect((await machine.jit('targets')).code).toBe(0)
    const later = await strict.machine(machine, 'later', wrongClock('+4m')).jit('targets')
    expect(later.code).toBe(0) // 15 minutes are not over
    await strict.endpoint.stop()
    writeFileSync(
      strict.endpoint.config,
      readFileSync(strict.endpoint.config, 'utf8').replace('accessToken: 15m', 'accessToken: 1m'),
    )
    await strict.endpoint.start()
    expect((await machine.logIn()).code).toBe(0)
    const ended = await strict.machine(machine, 'over', wrongClock('+1m')).jit('targets')
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([
      4,
      '',
      expect.stringMatching(/run out\.\n {5}Type: jit login/),
    ])
  },
)

describe('where the key is kept', () => {
  test('a key store that is not there: an error at once that names the choices, before anybody logs in', async () => {
    const machine = newMachine({ JIT_KEY_STORE: '', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' })
    const calls = world.idp.calls.length
    const { code, stderr } = await machine.jit('login', world.endpoint.url, '--device')
    expect(code).toBe(8)
    for (const choice of ['keyutils', 'passphrase-file', 'memory']) expect(stderr).toContain(choice)
    expect(stderr).toContain('jit login --key-store CHOICE')
    expect(world.idp.calls.length).toBe(calls)
    expect(existsSync(sealedLogin(machine))).toBe(false)
  })

  test('a keychain that hangs is given up after 3 seconds', async () => {
    const bus = await startSilentBus()
    onTestFinished(() => bus.close())
    const address = bus.env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
    const machine = newMachine({ JIT_KEY_STORE: '', DBUS_SESSION_BUS_ADDRESS: address })
    const started = performance.now()
    const { code, stderr } = await machine.jit('login', world.endpoint.url, '--device')
    expect([code, stderr]).toEqual([8, expect.stringContaining('did not answer within 3 seconds')])
    expect(performance.now() - started).toBeLessThan(20_000) // the bus itself would wait for 25 s
  })

  test.skipIf(!hasSecretService)(
    'the Secret Service: used without being named, and again by the next command',
    async () => {
      const service = await startSecretService()
      onTestFinished(() => service.close())
      const address = service.env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
      const machine = newMachine({ JIT_KEY_STORE: '', DBUS_SESSION_BUS_ADDRESS: address })
      expect((await machine.logIn()).code).toBe(0)
      expect((await machine.jit('whoami')).stdout).toContain('Alice Adams')
      expect(existsSync(join(machine.home, '.local/state/jit/keys'))).toBe(false)
      expect((await machine.jit('logout')).code).toBe(0)
      expect((await machine.jit('whoami')).code).toBe(4)
    },
  )

  test('memory: the login is gone with its process, and both this and the next command say so', async () => {
    const machine = newMachine({ JIT_KEY_STORE: 'memory' })
    const login = await machine.logIn()
    expect([login.code, login.stderr]).toEqual([0, expect.stringContaining('Nothing was kept')])
    const next = await machine.jit('whoami')
    expect([next.code, next.stderr]).toEqual([4, expect.stringContaining('Type: jit login')])
  })

  test('a passphrase file that others can read, or none, is refused with what to type', async () => {
    const open = newMachine()
    const file = join(open.home, 'open')
    writeFileSync(file, 'secret words', { mode: 0o644 })
    const readable = world.machine(open, 'open', { JIT_PASSPHRASE_FILE: file })
    expect(await readable.jit('login', world.endpoint.url, '--device')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining(`chmod 600 '${file}'`),
    })
    const none = world.machine(open, 'none', { JIT_PASSPHRASE_FILE: '' })
    expect(await none.jit('login', world.endpoint.url, '--device')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('JIT_PASSPHRASE_FILE=/path/to/passphrase'),
    })
  })
})
