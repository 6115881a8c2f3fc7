import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import { type ChannelFront, channelFront } from '../support/channel-front.ts'
import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf, reapersOf } from '../support/reapers.ts'
import { startWorld, type World } from '../support/world.ts'

/** What issue and documentation promise from the endpoint's word to the wiped file. */
const WITHIN_MS = 5_000
const OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'

let world: World
let front: ChannelFront
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld({ front: async (port) => (front = await channelFront(port)) })
  alice = world.person('alice')
  const { code, stderr } = await alice.logIn()
  if (code !== 0) throw new Error(stderr)
})
afterAll(async () => {
  killReapersOf(world.directory)
  await world.close()
})

const readGrants = object({ grants: list(object({ grant: string })) })

async function elevated(name: string): Promise<{ readonly machine: PersonHome; readonly grant: string }> {
  const machine = world.machine(alice, name)
  machine.writeCredentials(OWN)
  const ended = await machine.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'test', '--json')
  expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('staging-db is yours until')])
  const [grant] = readGrants(JSON.parse(ended.stdout), 'elevate').grants
  return { machine, grant: grant?.grant ?? '' }
}

const isAsking = (before: number) => eventually(() => front.calls() > before, true, { withinMs: 20_000 })

describe('a grant that is ended at the endpoint by somebody else', () => {
  test('is gone from this machine within seconds; jit says so, and the endpoint gets its receipt', async () => {
    const before = front.calls()
    const { machine, grant } = await elevated('told')
    expect(await isAsking(before)).toBe(true)
    const told = performance.now()
    front.end({ grant, reason: 'killed' })
    expect(await eventually(() => machine.credentials(), OWN, { withinMs: WITHIN_MS, everyMs: 20 })).toBe(OWN)
    expect(performance.now() - told).toBeLessThan(WITHIN_MS)

    const wiped = () => front.receipts.filter(({ what }) => what === `${grant} wiped`).length
    expect(await eventually(wiped, 1)).toBe(1)
    expect(await eventually(() => reapersOf(machine.home).length, 0)).toBe(0)
    const { stdout, stderr } = await machine.jit('status')
    expect([stdout, stderr]).toEqual(['', expect.stringContaining('An administrator has stopped the grant')])
    const serving = await machine.jit('credential-process', 'staging-db')
    expect([serving.code, serving.stderr]).toEqual([3, expect.stringContaining('An administrator has stopped')])
    const next = [await machine.jit('requests'), await machine.jit('requests')]
    expect(next.map((each) => each.stderr.includes('An administrator has stopped'))).toEqual([true, false])
  })

  test('joins the channel within seconds though another lease holds it already', async () => {
    const { machine, grant } = await elevated('both')
    await eventually(() => front.waiting() > 0, true)
    const ended = await machine.jit('elevate', 'prod-db', '--for', '20m', '--reason', 'test', '--json')
    if (ended.code !== 0) throw new Error(ended.stderr)
    const [second] = readGrants(JSON.parse(ended.stdout), 'elevate').grants
    front.end({ grant: second?.grant ?? '', reason: 'revoked' })
    const holds = (profile: string) => machine.credentials()?.includes(`[jit-${profile}]`)
    expect(await eventually(() => holds('prod-db'), false, { withinMs: WITHIN_MS })).toBe(false)
    expect(holds('staging-db')).toBe(true)
    expect(reapersOf(machine.home)).toHaveLength(1)
    front.end({ grant, reason: 'revoked' })
    expect(await eventually(() => machine.credentials(), OWN, { withinMs: WITHIN_MS })).toBe(OWN)
  })
})

describe('the reaper', () => {
  test('leaves promptly at SIGTERM, in the middle of a call', async () => {
    const before = front.calls()
    const { machine } = await elevated('signal')
    await isAsking(before)
    const [reaper = 0] = reapersOf(machine.home)
    process.kill(reaper, 'SIGTERM')
    expect(await eventually(() => reapersOf(machine.home).length, 0, { withinMs: 3_000 })).toBe(0)
    expect(await machine.jit('revoke', '--all')).toMatchObject({ code: 0 })
  })

  test('idles while it holds the channel: no processor time, and little more memory than Node itself', async () => {
    const before = front.calls()
    const { machine } = await elevated('idle')
    await isAsking(before)
    const [reaper = 0] = reapersOf(machine.home)
    expect(residentKiB(reaper)).toBeGreaterThan(0)
    console.log('RSS', residentKiB(reaper))
    expect(await machine.jit('revoke', '--all')).toMatchObject({ code: 0 })
  })
})

const residentKiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
