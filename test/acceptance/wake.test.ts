import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { examined } from '../support/doctor-report.ts'
import { eventually } from '../support/eventually.ts'
import { type FakeManager, fakeSystemd } from '../support/fake-managers.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { canRunSystemd, startSystemd } from '../support/real-systemd.ts'
import { killReapersOf } from '../support/reapers.ts'
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

/** A machine with a service manager of the user's own. */
function machineWithSystemd(): { readonly at: PersonHome; readonly manager: FakeManager } {
  const name = `doctor-${count++}`
  const home = join(world.directory, 'machines', name)
  const manager = fakeSystemd(join(world.directory, 'managers', name), { home, runtime: join(home, '.run') })
  const at = world.machine(alice, name, { PATH: `${manager.bin}:${process.env['PATH'] ?? ''}` })
  for (const own of ['.config/jit', '.local/state/jit']) chmodSync(join(home, own), 0o700) // copying them has not
  return { at, manager }
}

const elevate = (at: PersonHome): Promise<Ended> =>
  at.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'test', '--json')

const unitsOf = (at: PersonHome): string => join(at.home, '.config/systemd/user')
const unitIn = (at: PersonHome, ending: string): string =>
  readdirSync(unitsOf(at)).find((name) => name.endsWith(ending)) ?? `no ${ending}`

describe('the service manager', () => {
  test.skipIf(!hasFaketime)('is set up by the first delivery, and alone wipes what is over', async () => {
    const { at, manager } = machineWithSystemd()
    at.writeCredentials('[default]\naws_access_key_id = AKIAUSER\n')
    expect((await examined(at)).of('scheduler')[0]).toMatchObject({ level: 'note', mend: 'jit doctor --fix' })
    expect((await elevate(at)).code).toBe(0)
    const isActive = () => manager.calls().some((call) => / restart jit-sweep-\w+\.timer$/.test(call))
    expect(await eventually(isActive, true)).toBe(true)
    expect((await examined(at)).of('scheduler')[0]?.level).toBe('ok')
    expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1)

    const service = readFileSync(join(unitsOf(at), unitIn(at, '.service')), 'utf8')
    expect(started(service, { HOME: at.home })).toBe(0)
    expect(at.credentials()).toContain('aws_session_token') // it is not over yet
    expect(started(service, { HOME: at.home, ...wrongClock('+2h') })).toBe(0)
    expect(at.credentials()).toBe('[default]\naws_access_key_id = AKIAUSER\n')
  })

  test('that runs another jit is a problem, which --fix mends', async () => {
    const { at } = machineWithSystemd()
    expect((await examined(at, '--fix')).mended.map(({ check }) => check)).toEqual(['scheduler'])
    const service = join(unitsOf(at), unitIn(at, '.service'))
    writeFileSync(service, readFileSync(service, 'utf8').replaceAll('/bin/jit.js', '/bin/older.js'))
    expect(await examined(at)).toMatchObject({ code: 8, problems: [{ check: 'scheduler' }] })
    expect((await examined(at, '--fix')).code).toBe(0)
    expect(readFileSync(service, 'utf8')).not.toContain('older.js')
  })

  test('is asked once: the second delivery starts none of its commands', async () => {
    const { at, manager } = machineWithSystemd()
    expect((await examined(at, '--fix')).code).toBe(0)
    manager.forget()
    expect((await elevate(at)).code).toBe(0)
    expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1)
    expect(manager.calls()).toEqual([])
  })

  test('one that refuses keeps nobody from a delivery; doctor --fix says why', async () => {
    const { at, manager } = machineWithSystemd()
    manager.breaks()
    expect(await elevate(at)).toMatchObject({ code: 0 })
    const { code, of } = await examined(at, '--fix')
    expect([code, of('scheduler').map(({ says }) => says)]).toEqual([
      8,
      expect.arrayContaining([expect.stringContaining('no answer from the manager')]),
    ])
  })

  test('--remove-layers takes it away without a trace, and no delivery brings it back', async () => {
    const { at, manager } = machineWithSystemd()
    await examined(at, '--fix')
    const removed = await at.jit('doctor', '--remove-layers', '--json')
    expect([removed.code, JSON.parse(removed.stdout)]).toEqual([0, { layer: 'systemd user timer', removed: true }])
    expect(readdirSync(unitsOf(at), { recursive: true })).toEqual(['timers.target.wants'])
    manager.forget()
    expect((await elevate(at)).code).toBe(0)
    expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1)
    expect(manager.calls()).toEqual([])
    expect((await examined(at)).of('scheduler')[0]?.says).toContain('removed by wish')
  })

  test('a unit of that name that is not of jit stays as it is', async () => {
    const { at } = machineWithSystemd()
    await examined(at, '--fix')
    const timer = join(unitsOf(at), unitIn(at, '.timer'))
    writeFileSync(timer, '[Timer]\nOnCalendar=daily\n')
    const { code, of } = await examined(at, '--fix')
    expect([code, of('scheduler')[0]?.code]).toEqual([8, 'FILE_REFUSED'])
    expect(readFileSync(timer, 'utf8')).toBe('[Timer]\nOnCalendar=daily\n')
  })
})

const hasSystemd = await canRunSystemd()

describe.skipIf(!hasSystemd)('a real systemd, and nothing else', () => {
  test('wipes within 65 seconds of the end, and is gone without a trace afterwards', { timeout: 240_000 }, async () => {
    const at = world.machine(alice, `doctor-${count++}`)
    const systemd = await startSystemd({ home: at.home, runtime: join(at.home, '.run') })
    onTestFinished(() => systemd.close())
    const before = '[default]\naws_access_key_id = AKIAUSER\n'
    at.writeCredentials(before)
    const { stdout } = await at.jit('elevate', 'staging-db', '--for', '20s', '--reason', 'test', '--json')
    const endsAt = Date.parse(/"endsAt":"([^"]+)"/.exec(stdout)?.[1] ?? '')
    const level = async () => (await examined(at)).of('scheduler')[0]?.level
    expect(await eventually(level, 'ok', { everyMs: 500 })).toBe('ok')
    expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1)
    expect(at.credentials()).not.toBe(before)

    expect(await eventually(() => at.credentials(), before, { withinMs: 100_000 })).toBe(before)
    const lateMs = Date.now() - endsAt
    expect([lateMs > -1500, lateMs < 65_000]).toEqual([true, true])

    const removed = await at.jit('doctor', '--remove-layers', '--json')
    expect(JSON.parse(removed.stdout)).toEqual({ layer: 'systemd user timer', removed: true })
    const timers = await at.run('systemctl', '--user', 'list-timers', '--all', '--no-legend')
    expect([timers.code, timers.stdout]).toEqual([0, ''])
  })
})

/** What systemd would start, with what systemd would give it: nothing but the unit's own environment and the user's home. */
function started(service: string, env: Readonly<Record<string, string>>): number | null {
  const words = (line: string): readonly string[] =>
    [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word.replaceAll('$$', '$').replaceAll('%%', '%'))
  const lines = (name: string) =>
    [...service.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].flatMap(([, line = '']) => words(line))
  const [file = '', ...args] = lines('ExecStart')
  const own = Object.fromEntries(lines('Environment').map((line) => line.split(/=(.*)/s).slice(0, 2)))
  return spawnSync(file, args, { env: { ...env, ...own }, cwd: '/' }).status
}
