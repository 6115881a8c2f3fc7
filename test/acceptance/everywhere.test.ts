import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { examined } from '../support/doctor-report.ts'
import { eventually } from '../support/eventually.ts'
import { createPersonHome, type PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const OWN = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine'
/** Windows starts no program without the first; the others say where a home is. */
const NEEDED = ['SYSTEMROOT', 'PATHEXT', 'TEMP', 'TMP']
const { platform } = process

const kept = Object.fromEntries(NEEDED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))

/** The places of this system are for its users; a test has its own on each. */
const placesIn = (directory: string) => ({
  ...kept,
  JIT_CONFIG_DIR: join(directory, 'jit', 'config'),
  JIT_STATE_DIR: join(directory, 'jit', 'state'),
  JIT_RUNTIME_DIR: join(directory, 'jit', 'run'),
  AWS_SHARED_CREDENTIALS_FILE: join(directory, '.aws', 'credentials'),
  AWS_CONFIG_FILE: join(directory, '.aws', 'config'),
  USERPROFILE: directory,
})

describe('on every system that jit is for', () => {
  let world: World
  let alice: PersonHome

  beforeAll(async () => {
    world = await startWorld()
    alice = world.person('alice', placesIn(join(world.directory, 'homes', 'alice')))
  })
  afterAll(() => world.close())

  test('the built program starts and says its version', async () => {
    const { code, stdout } = await alice.jit('--version')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\S*\r?\n$/)])
  })

  test('a lease is written beside what is there, and wiped without a trace; no reaper stays', async () => {
    alice.writeCredentials(OWN)
    expect(await alice.logIn()).toMatchObject({ code: 0 })
    const elevated = await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'test', '--json')
    expect([elevated.code, elevated.stderr]).toEqual([0, expect.stringContaining('staging-db is yours until')])
    expect(alice.credentials()).toContain('[jit-staging-db]')
    expect(alice.credentials()?.startsWith(OWN)).toBe(true)
    const reaper = async () => (await examined(alice)).of('background process')[0]?.level
    expect(await eventually(reaper, 'ok', { everyMs: 500 })).toBe('ok')
    expect(await alice.jit('revoke', '--all')).toMatchObject({ code: 0 })
    expect(alice.credentials()).toBe(OWN)
  })
})

/** On Linux a user manager of its own stands in for the machine's: test/acceptance/wake.test.ts. */
describe.skipIf(platform === 'linux')('the scheduler of this system', () => {
  test('is set up, is found to work, and is gone again', async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'jit-wake-')))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    mkdirSync(directory, { recursive: true })
    const env = { ...kept, ...placesIn(directory), HOME: process.env['HOME'] ?? directory }
    const at = createPersonHome({ login: 'alice', directory, endpoint: 'http://127.0.0.1:9', env })
    onTestFinished(async () => void (await at.jit('doctor', '--remove-layers')))
    const before = sweepsOfThisSystem()
    const { mended } = await examined(at, '--fix')
    expect(mended.map(({ check }) => check)).toContain('scheduler')
    expect((await examined(at)).of('scheduler')[0]?.level).toBe('ok')
    const removed = await at.jit('doctor', '--remove-layers', '--json')
    expect([removed.code, JSON.parse(removed.stdout)]).toEqual([0, { layer: expect.any(String), removed: true }])
    expect(sweepsOfThisSystem()).toEqual(before)
  })
})

/** What the system's own program says of jit's agents or tasks; those of whoever runs this test count too. */
function sweepsOfThisSystem(): readonly string[] {
  const [program, ...args] = platform === 'darwin' ? ['launchctl', 'list'] : ['schtasks', '/query', '/fo', 'csv', '/nh']
  const { stdout } = spawnSync(program ?? '', args, { encoding: 'utf8' })
  return [...stdout.matchAll(/jit[.\\]sweep[.-][0-9a-f]{16}/g)].map(([name]) => name)
}
