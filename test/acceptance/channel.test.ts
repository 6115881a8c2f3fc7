import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import { type ChannelFront, channelFront } from '../support/channel-front.ts'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf, reapersOf } from '../support/reapers.ts'
import { POLICY, startWorld, TARGETS, type World } from '../support/world.ts'

/** What is promised from the endpoint's word to the wiped file. */
const WITHIN_MS = 5_000
/** Silence of a minute, a tick, and a busy machine. */
const STALE_MS = 75_000
const OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'
const ALSO_AT_ONCE = `
@id("all-at-once")
permit(principal in Group::"dev", action == Action::"autoApprove", resource);
@id("dba-administers")
permit(principal in Group::"dba", action == Action::"administer", resource);
`

let world: World
let front: ChannelFront
let alice: PersonHome
let bob: PersonHome

beforeAll(async () => {
  const strict = { name: 'strict-db', description: 'Strict', maxDuration: '4h', labels: [], more: 'channel: strict' }
  world = await startWorld({
    front: async (port) => (front = await channelFront(port)),
    targets: [...TARGETS, strict],
    policy: POLICY + ALSO_AT_ONCE,
  })
  alice = world.person('alice')
  bob = world.person('bob')
  for (const login of await Promise.all([alice.logIn(), bob.logIn()])) must(login)
})
afterAll(async () => {
  killReapersOf(world.directory)
  await world.close()
})

function must(ended: Ended): Ended {
  expect([ended.code, ended.code === 0 ? '' : ended.stderr]).toEqual([0, ''])
  return ended
}
const readGrants = object({ grants: list(object({ grant: string })) })

const machineCalled = (name: string): PersonHome => {
  const machine = world.machine(alice, name)
  machine.writeCredentials(OWN)
  return machine
}
/** The grant that a machine gets. Resolves when its reaper waits for a word about it. */
async function elevated(machine: PersonHome, target = 'staging-db'): Promise<string> {
  const { stdout } = must(await machine.jit('elevate', target, '--for', '20m', '--reason', 'test', '--json'))
  const grant = readGrants(JSON.parse(stdout), 'elevate').grants[0]?.grant ?? 'none'
  expect(await eventually(() => front.asked(grant) > 0, true, { withinMs: 20_000 })).toBe(true)
  return grant
}
const isGone = (machine: PersonHome) =>
  eventually(() => machine.credentials(), OWN, { withinMs: WITHIN_MS, everyMs: 20 })
const receiptsOf = (grant: string): readonly string[] =>
  front.receipts.flatMap(({ what }) => (what.startsWith(grant) ? [what] : []))

describe.concurrent('a grant that is ended at the endpoint', () => {
  test('by an administrator is gone from the machine within seconds; jit says so, and the endpoint gets one receipt', async () => {
    const machine = machineCalled('killed')
    const grant = await elevated(machine)
    must(await bob.jit('kill', '--grant', grant, '--reason', 'laptop stolen'))
    const told = performance.now()
    expect(await isGone(machine)).toBe(OWN)
    expect(performance.now() - told).toBeLessThan(WITHIN_MS)

    expect(await eventually(() => receiptsOf(grant), [`${grant} wiped`])).toEqual([`${grant} wiped`])
    expect(await eventually(() => reapersOf(machine.home).length, 0)).toBe(0)
    const { stdout, stderr } = must(await machine.jit('status'))
    expect([stdout, stderr]).toEqual(['', expect.stringContaining('An administrator has stopped the grant')])
    const serving = await machine.jit('credential-process', 'staging-db')
    expect([serving.code, serving.stderr]).toEqual([3, expect.stringContaining('An administrator has stopped')])
    const next = [await machine.jit('targets'), await machine.jit('targets')]
    expect(next.map((each) => each.stderr.includes('An administrator has stopped'))).toEqual([true, false])
  })

  test('joins the channel within seconds, though another lease holds it already; the other stays', async () => {
    const machine = machineCalled('joins')
    const first = await elevated(machine)
    const second = await elevated(machine, 'prod-db')
    const holds = (profile: string) => machine.credentials()?.includes(`[jit-${profile}]`)
    must(await bob.jit('kill', '--grant', second, '--reason', 'wrong account'))
    expect(await eventually(() => holds('prod-db'), false, { withinMs: WITHIN_MS })).toBe(false)
    expect(holds('staging-db')).toBe(true)
    expect(await eventually(() => reapersOf(machine.home).length, 1)).toBe(1)
    must(await bob.jit('kill', '--grant', first, '--reason', 'that one too'))
    expect(await isGone(machine)).toBe(OWN)
  })
})

describe.concurrent('an endpoint that falls silent', () => {
  test('leaves what is not strict, and takes what is: told beforehand by status, and with the reaper killed too', async () => {
    const [watched, alone, free] = [machineCalled('watched'), machineCalled('alone'), machineCalled('free')]
    for (const [machine, target] of [
      [watched, 'strict-db'],
      [alone, 'strict-db'],
      [free, 'staging-db'],
    ] as const)
      front.silence(await elevated(machine, target))
    killReapersOf(alone.home)
    const word = async () =>
      /no word from the endpoint for 3\ds; wiped in 2\ds/.test((await watched.jit('status')).stderr)
    expect(await eventually(word, true, { withinMs: STALE_MS, everyMs: 1000 })).toBe(true)
    const patience = { withinMs: STALE_MS, everyMs: 250 }
    expect(await eventually(() => watched.credentials(), OWN, patience)).toBe(OWN)
    const swept = async () => (await alone.jit('sweep')).stderr.includes('Ended strict-db')
    expect(await eventually(swept, true, patience)).toBe(true)
    expect(alone.credentials()).toBe(OWN)
    expect(free.credentials()).toContain('[jit-staging-db]')
    expect((await watched.jit('status')).stderr).toContain('Nothing was heard from the endpoint for 60 seconds')
  })
})

describe.concurrent('a reaper', () => {
  test('leaves promptly at SIGTERM, in the middle of a call', async () => {
    const machine = machineCalled('signal')
    await elevated(machine)
    const [reaper = 0] = reapersOf(machine.home)
    process.kill(reaper, 'SIGTERM')
    expect(await eventually(() => reapersOf(machine.home).length, 0, { withinMs: 3_000 })).toBe(0)
    must(await machine.jit('revoke', '--all'))
  })

  test('that was killed leaves a receipt behind, which goes out with the next start that reaches the endpoint', async () => {
    const machine = machineCalled('late')
    const grant = await elevated(machine)
    killReapersOf(machine.home)
    front.silence(grant)
    expect(await machine.jit('revoke', '--all')).toMatchObject({ code: 6 })
    expect(machine.credentials()).toBe(OWN)
    front.speak(grant)
    must(await machine.jit('sweep'))
    expect(receiptsOf(grant)).toEqual([`${grant} wiped`])
  })
})
