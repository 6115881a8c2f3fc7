import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import { machineId } from '../../src/platform/machine.ts'
import { disk, filesHolding } from '../support/disk.ts'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf, reapersOf } from '../support/reapers.ts'
import { startWorld, type World } from '../support/world.ts'

/** A grant about as short as the endpoint gives (15 s), and how late its end may come on a busy machine. */
const SHORTEST = '20s'
const SHORTEST_MS = 20_000
const LATE_MS = 60_000
/** The boot clock is written down in whole seconds, rather early than late. */
const EARLY_MS = 1500

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

const CRLF = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine\r\n# no end of line'
const PLAIN = '[default]\naws_access_key_id=AKIAUSER\naws_secret_access_key=mine\n\n\n'

/** Ways to keep a credentials file. */
const KEPT: Readonly<Record<string, (person: PersonHome) => void>> = {
  'CRLF, no newline at the end': (person) => person.writeCredentials(CRLF),
  'readable by all': (person) => {
    person.writeCredentials(PLAIN)
    chmodSync(person.credentialsFile, 0o644)
  },
  "another group's": (person) => {
    person.writeCredentials(PLAIN, 0o640)
    if (process.getuid?.() === 0) chownSync(person.credentialsFile, 0, 4321)
  },
  'a symbolic link': (person) => {
    mkdirSync(join(person.home, 'dotfiles'))
    writeFileSync(join(person.home, 'dotfiles', 'aws'), `\n${PLAIN}`, { mode: 0o600 })
    symlinkSync('../dotfiles/aws', person.credentialsFile)
  },
  'not there': () => undefined,
  'not there, nor its directory': (person) => rmdirSync(join(person.home, '.aws')),
}

const machineWith = (kept: string, name: string, env?: Record<string, string>): PersonHome => {
  const machine = world.machine(alice, `${kept}-${name}`.replaceAll(/\W+/g, '-'), env)
  KEPT[kept]?.(machine)
  return machine
}

/** All that is the user's own. */
const own = ({ home }: PersonHome) => disk(home, (path) => /^\.(config|local|run)/.test(path))
const readGrants = object({ grants: list(object({ endsAt: string })) })

async function elevated(machine: PersonHome, duration: string): Promise<number> {
  const { code, stdout, stderr } = await machine.jit(...elevation(duration))
  expect([code, stderr]).toEqual([0, expect.stringContaining('staging-db is yours until')])
  expect(machine.credentials()).toContain('[jit-staging-db]')
  expect(statSync(machine.credentialsFile).mode & 0o777).toBe(0o600)
  return Date.parse(readGrants(JSON.parse(stdout), 'elevate').grants[0]?.endsAt ?? '')
}
const elevation = (duration: string) =>
  ['elevate', 'staging-db', '--for', duration, '--reason', 'test', '--json'] as const

const timeIs = (at: number) => eventually(() => Date.now() > at, true, { withinMs: SHORTEST_MS + LATE_MS })

const hasStrace = spawnSync('strace', ['-V']).error === undefined

/** A system call of `jit elevate`, by the file that it works on (a rename: the file that is renamed), and which such call. */
type Moment = readonly [
  call: 'fchmod' | 'fsync' | 'link' | 'rename',
  file: ((machine: PersonHome) => string) | 'any',
  nth: number,
]

/** Kills `jit elevate` at the very system call. */
const killedAt = (machine: PersonHome, [call, file, nth]: Moment): Promise<Ended> =>
  machine.startOther(
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    ...(file === 'any' ? [] : ['-P', file(machine)]),
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=SIGKILL:when=${nth}`,
    process.execPath,
    join(process.cwd(), 'bin/jit.js'),
    ...elevation(SHORTEST),
  ).done

const recordsOf = ({ home }: PersonHome): string => join(home, '.local/state/jit', machineId())
const leasesOf = (machine: PersonHome): string => join(recordsOf(machine), 'leases')
const nextPromptOf = (machine: PersonHome): string => join(recordsOf(machine), 'prompt.tmp')
const usersOf = ({ credentialsFile }: PersonHome): string => credentialsFile
const directoryOf = ({ credentialsFile }: PersonHome): string => dirname(credentialsFile)

const MOMENTS: readonly (readonly [string, Moment, secret: 'nowhere yet' | 'beside the file' | 'in the file'])[] = [
  ['before anything is recorded', ['fsync', recordsOf, 1], 'nowhere yet'],
  ['before the lease is durable', ['fsync', leasesOf, 1], 'nowhere yet'],
  ['before the prompt knows the lease', ['rename', nextPromptOf, 1], 'nowhere yet'],
  ["before the user's file is kept aside", ['link', usersOf, 1], 'nowhere yet'],
  ['while ours is made beside it', ['fchmod', 'any', 1], 'beside the file'], // nothing else is given a mode in this way
  ['before that it stands in its place is durable', ['fsync', directoryOf, 1], 'in the file'],
  ['before the lease is durably active', ['fsync', leasesOf, 2], 'in the file'],
]

describe.concurrent('side by side', { timeout: 240_000 }, () => {
  describe.each(Object.keys(KEPT))('a credentials file that is %s', (kept) => {
    test('is itself again after revoke, and after the end with nobody typing; no reaper stays', async () => {
      const machine = machineWith(kept, 'reaper')
      const before = own(machine)
      await elevated(machine, '20m')
      expect(await machine.jit('revoke', 'staging-db')).toMatchObject({ code: 0 })
      expect(own(machine)).toEqual(before)

      const endsAt = await elevated(machine, SHORTEST)
      expect(await eventually(() => reapersOf(machine.home).length, 1)).toBe(1)
      expect(await eventually(() => own(machine), before, { withinMs: SHORTEST_MS + LATE_MS })).toEqual(before)
      expect(Date.now()).toBeGreaterThan(endsAt - EARLY_MS)
      expect(await eventually(() => reapersOf(machine.home), [], { withinMs: LATE_MS })).toEqual([])
    })
  })

  test.each([
    ['sweep', 'CRLF, no newline at the end'],
    ['status', 'a symbolic link'],
    ['sweep', 'not there, nor its directory'],
  ])('kill -9 of the reaper: jit %s wipes a file that is %s', async (command, kept) => {
    const machine = machineWith(kept, 'killed')
    const before = own(machine)
    const endsAt = await elevated(machine, SHORTEST)
    expect(await eventually(() => killReapersOf(machine.home).length, 1)).toBe(1)
    await timeIs(endsAt)
    expect(own(machine)).not.toEqual(before)
    const started = await machine.jit(command, '--json')
    expect(started).toMatchObject({ code: 0 })
    expect(own(machine)).toEqual(before)
    expect((await machine.jit('status', '--json')).stdout).toContain('"grants":[]')
  })

  describe.skipIf(!hasStrace)('kill -9 of the elevating process', () => {
    test.each(MOMENTS)('%s: the next sweep leaves the user as he was', async (name, moment, secret) => {
      const machine = machineWith('readable by all', name)
      const before = own(machine)
      expect(await killedAt(machine, moment)).toMatchObject({ signal: 'SIGKILL' })
      const places = filesHolding(machine.home, ['aws_session_token']).map((path) =>
        path === machine.credentialsFile ? 'in the file' : 'beside the file',
      )
      expect(places).toEqual(secret === 'nowhere yet' ? [] : [secret])
      killReapersOf(machine.home)
      const swept = async () => (await machine.jit('sweep', '--json'), own(machine))
      expect(await eventually(swept, before, { withinMs: SHORTEST_MS + LATE_MS, everyMs: 1000 })).toEqual(before)
      expect(filesHolding(machine.home, ['aws_session_token'])).toEqual([])
      expect((await machine.jit('status', '--json')).stdout).toContain('"grants":[]')
    })
  })
})

test('killed while people decide: nothing was written, and the request can be taken up again', async () => {
  const machine = machineWith('readable by all', 'waiting')
  const before = own(machine)
  const waiting = machine.start('elevate', 'prod-db', '--reason', 'x')
  const [, id = ''] = await waiting.says(/\(request (r_\w{26})\)/)
  waiting.kill('SIGKILL')
  expect(await waiting.done).toMatchObject({ signal: 'SIGKILL' })
  expect(own(machine)).toEqual(before)
  expect(JSON.parse((await machine.jit('status', '--json')).stdout)).toMatchObject({ requests: [{ id }] })
  expect((await machine.jit('cancel', id)).code).toBe(0)
})

test('what the user writes meanwhile stays, on a line of its own, and only ours goes', async () => {
  const machine = machineWith('CRLF, no newline at the end', 'edited')
  await elevated(machine, '20m')
  const added = '[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = also mine\n'
  writeFileSync(machine.credentialsFile, readFileSync(machine.credentialsFile, 'utf8') + added)
  await machine.jit('revoke', 'staging-db')
  expect(machine.credentials()).toBe(`${CRLF}\r\n${added}`)
})
