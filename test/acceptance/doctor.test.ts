import { chmodSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { examined } from '../support/doctor-report.ts'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf } from '../support/reapers.ts'
import { hasSecretService, startSilentBus } from '../support/secret-service.ts'
import { startWorld, type World } from '../support/world.ts'
import { hasFaketime, wrongClock } from '../support/wrong-clock.ts'

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

let count = 0
const machine = (env?: Readonly<Record<string, string>>, name = `doctor-${count++}`): PersonHome => {
  const made = world.machine(alice, name, env)
  for (const own of ['.config/jit', '.local/state/jit']) chmodSync(join(made.home, own), 0o700) // copying them has not
  return made
}

const CHECKS = [
  'clock',
  'endpoint',
  'key store',
  'login',
  'directories',
  'leases',
  'background process',
  'scheduler',
  'outbox',
  'prompt',
  'notice',
  'clients',
  'files of clients',
  'environment',
]

const elevate = (at: PersonHome): Promise<Ended> =>
  at.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'test', '--json')

describe('a machine on which all is well', () => {
  test('says so, in the order of the checks, and ends with 0', async () => {
    const at = machine()
    const { code, stderr, problems, findings } = await examined(at)
    expect([code, stderr, problems]).toEqual([0, '', []])
    expect([...new Set(findings.map(({ check }) => check))]).toEqual(CHECKS)
  })

  test('so does the machine on which somebody has just logged in', async () => {
    expect(await examined(alice)).toMatchObject({ code: 0, problems: [] })
  })

  test('nobody logged in, nothing there: notes that name the next step, and nothing is made', async () => {
    const at = world.person('bob', { JIT_ENDPOINT_URL: world.endpoint.url })
    const before = readdirSync(at.home, { recursive: true })
    const { code, of } = await examined(at)
    expect(code).toBe(0)
    expect(of('login')).toEqual([
      { check: 'login', level: 'note', says: 'Nobody is logged in here.', mend: 'jit login' },
    ])
    expect(readdirSync(at.home, { recursive: true })).toEqual(before)
  })

  test('people get a line for each, and what to type below it', async () => {
    const { code, stdout } = await machine({ PATH: '/nonexistent' }).jit('doctor')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok {7}clock: It agrees/m)
    expect(stdout).toMatch(/^note {5}clients: Not on PATH: aws, gcloud, az, kubectl\./m)
  })

  test('nothing secret, no value of a variable, no name of a person', async () => {
    const at = machine({
      NO_PROXY: '127.0.0.1',
      HTTPS_PROXY: 'http://eve:geheim@127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'AKIAMINE',
    })
    await elevate(at)
    const { stdout, of } = await examined(at)
    expect(of('environment').map(({ says }) => says)).toContainEqual(
      expect.stringContaining('AWS_ACCESS_KEY_ID is set'),
    )
    expect(stdout).not.toMatch(/geheim|AKIAMINE|correct horse|alice@|aws_session_token|at-\d/)
  })
})

describe('what does not work is a problem, with its exit code', () => {
  test('no D-Bus: what to choose instead', async () => {
    const { code, of } = await examined(
      machine({ JIT_KEY_STORE: 'auto', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' }),
    )
    expect([code, of('key store')[0]?.code]).toEqual([8, 'SECRET_STORE'])
    expect(of('key store')[0]?.mend).toMatch(/JIT_KEY_STORE=keyutils.*passphrase-file.*memory/)
    expect(of('login')[0]).toMatchObject({ level: 'note', says: 'It can be read once the key store answers.' })
  })

  test.skipIf(!hasSecretService)('a keychain that hangs is given up, and all the rest is said', async () => {
    const bus = await startSilentBus()
    onTestFinished(() => bus.close())
    const at = machine({ JIT_KEY_STORE: 'auto', DBUS_SESSION_BUS_ADDRESS: bus.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' })
    const before = performance.now()
    const { code, of, findings } = await examined(at)
    expect(performance.now() - before).toBeLessThan(20_000) // the bus itself would wait for 25 s
    expect(code).toBe(8)
    expect(of('key store')[0]?.says).toContain('did not answer within 3 seconds')
    expect(new Set(findings.map(({ check }) => check)).size).toBe(CHECKS.length)
  })

  test('a passphrase file that others can read', async () => {
    const at = machine()
    chmodSync(join(at.home, 'passphrase'), 0o644)
    const { code, of } = await examined(at)
    expect([code, of('key store')[0]?.mend]).toEqual([8, expect.stringContaining('chmod 600')])
  })

  test('a torn login', async () => {
    const at = machine()
    writeFileSync(join(at.home, '.local/state/jit/login.json'), '{')
    const { code, of } = await examined(at)
    expect([code, of('login')[0]]).toEqual([
      8,
      expect.objectContaining({ code: 'STATE_CORRUPT', mend: 'Log in anew: jit login' }),
    ])
  })

  test('torn settings: said, and everything else is looked at all the same', async () => {
    const at = machine()
    writeFileSync(join(at.home, '.config/jit/config.json'), '{')
    const { code, of, findings } = await examined(at)
    expect([code, of('endpoint')[0]?.code]).toEqual([2, 'CONFIG'])
    expect(new Set(findings.map(({ check }) => check)).size).toBe(CHECKS.length)
  })

  test('an endpoint that is down', async () => {
    const at = world.person('dana', { JIT_ENDPOINT_URL: 'http://127.0.0.1:9' })
    const { code, of, stderr } = await examined(at)
    expect([code, of('endpoint')[0]?.code, of('clock')[0]?.level]).toEqual([6, 'ENDPOINT_UNREACHABLE', 'note'])
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'ENDPOINT_UNREACHABLE', message: 'One problem found: endpoint.' },
    })
  })

  test.skipIf(!hasFaketime)('a clock that is ten minutes ahead', async () => {
    const { code, of } = await examined(machine(wrongClock('+10m')))
    expect([code, of('clock')[0]]).toEqual([
      6,
      expect.objectContaining({
        code: 'CLOCK_SKEW',
        says: 'The clock of this machine is 10 minutes ahead.',
        mend: expect.stringContaining('timedatectl'),
      }),
    ])
  })

  test('a credentials file that aws cannot read: its line', async () => {
    const at = machine()
    at.writeCredentials('[default]\naws_access_key_id = A\nrubbish\n')
    const { code, of } = await examined(at)
    expect([code, of('files of clients')[0]?.says]).toEqual([8, expect.stringMatching(/credentials: line 3/)])
  })

  test('a key store that does not exist', async () => {
    const { code, of } = await examined(machine({ JIT_KEY_STORE: 'keychian' }))
    expect([code, of('environment')[0]?.code]).toEqual([2, 'CONFIG'])
  })
})

describe('--fix mends what it says', () => {
  test('directories into which others may look', async () => {
    const at = machine()
    const state = join(at.home, '.local/state/jit')
    chmodSync(state, 0o755)
    expect(await examined(at)).toMatchObject({
      code: 8,
      problems: [{ check: 'directories', mend: 'jit doctor --fix' }],
    })
    expect(statSync(state).mode & 0o777).toBe(0o755)
    const { code, mended } = await examined(at, '--fix')
    expect([code, mended]).toEqual([0, [{ check: 'directories', says: expect.stringContaining(state) }]])
    expect(statSync(state).mode & 0o777).toBe(0o700)
  })

  test('a stuck lease: tried at once, said while it stays, gone when it goes', async () => {
    const at = machine()
    expect((await elevate(at)).code).toBe(0)
    const aside = `${at.credentialsFile}.aside`
    renameSync(at.credentialsFile, aside)
    mkdirSync(at.credentialsFile)
    expect((await at.jit('revoke', '--all')).code).toBe(8)
    const stuck = await examined(at, '--fix')
    expect([stuck.code, stuck.of('leases')[0]]).toEqual([
      8,
      expect.objectContaining({ level: 'problem', mend: 'jit sweep' }),
    ])
    rmdirSync(at.credentialsFile)
    renameSync(aside, at.credentialsFile)
    expect((await examined(at, '--fix')).problems).toEqual([])
    expect(at.credentials() ?? '').not.toContain('aws_session_token')
    expect((await at.jit('status', '--json')).stdout).toContain('"grants":[]')
  })

  test('a background process that was killed', async () => {
    const at = machine()
    expect((await elevate(at)).code).toBe(0)
    expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1)
    expect(await examined(at)).toMatchObject({ code: 8, problems: [{ check: 'background process' }] })
    const { code, mended, of } = await examined(at, '--fix')
    expect([code, mended.map(({ check }) => check)]).toEqual([0, ['background process']])
    expect(of('background process')[0]?.says).toContain('It runs')
    expect(killReapersOf(at.home).length).toBe(1)
  })
})
