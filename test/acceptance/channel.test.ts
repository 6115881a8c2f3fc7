import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChannelWorld, OWN, startChannelWorld, succeeded } from '../support/channel-world.ts'
import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf, reapersOf } from '../support/reapers.ts'

/** Promised are 5 s. A machine that runs other tests beside this one gets as long as no other trigger would take. */
const WITHIN_MS = 20_000

let world: ChannelWorld
beforeAll(async () => {
  world = await startChannelWorld()
})
afterAll(() => world.close())

const isGone = (machine: PersonHome) =>
  eventually(() => machine.credentials(), OWN, { withinMs: WITHIN_MS, everyMs: 20 })
const receiptsOf = (grant: string): readonly string[] =>
  world.front.receipts.flatMap(({ what }) => (what.startsWith(grant) ? [what] : []))

describe.concurrent('a grant that is ended at the endpoint', () => {
  test('by an administrator is gone from the machine within seconds; jit says so, and the endpoint gets one receipt', async () => {
    const machine = world.machineCalled('killed')
    const grant = await world.elevated(machine)
    succeeded(await world.bob.jit('kill', '--grant', grant, '--reason', 'laptop stolen'))
    const told = performance.now()
    expect(await isGone(machine)).toBe(OWN)
    expect(performance.now() - told).toBeLessThan(WITHIN_MS)

    expect(await eventually(() => receiptsOf(grant), [`${grant} wiped`])).toEqual([`${grant} wiped`])
    expect(await eventually(() => reapersOf(machine.home).length, 0)).toBe(0)
    const { stdout, stderr } = succeeded(await machine.jit('status'))
    expect([stdout, stderr]).toEqual(['', expect.stringContaining('An administrator has stopped the grant')])
    const serving = await machine.jit('credential-process', 'staging-db')
    expect([serving.code, serving.stderr]).toEqual([3, expect.stringContaining('An administrator has stopped')])
    const next = [await machine.jit('targets'), await machine.jit('targets')]
    expect(next.map((each) => each.stderr.includes('An administrator has stopped'))).toEqual([true, false])
  })

  test('joins the channel within seconds, though another lease holds it already; the other stays', async () => {
    const machine = world.machineCalled('joins')
    const first = await world.elevated(machine)
    const second = await world.elevated(machine, 'prod-db')
    const holds = (profile: string) => machine.credentials()?.includes(`[jit-${profile}]`)
    succeeded(await world.bob.jit('kill', '--grant', second, '--reason', 'wrong account'))
    expect(await eventually(() => holds('prod-db'), false, { withinMs: WITHIN_MS })).toBe(false)
    expect(holds('staging-db')).toBe(true)
    expect(await eventually(() => reapersOf(machine.home).length, 1)).toBe(1)
    succeeded(await world.bob.jit('kill', '--grant', first, '--reason', 'that one too'))
    expect(await isGone(machine)).toBe(OWN)
  })
})

describe.concurrent('two people who work as one user', () => {
  test('the login of the second ends nothing that the first was given, nor passes for the word of its end', async () => {
    const alice = world.machineCalled('shared')
    const hers = await world.elevated(alice)
    const carol = world.sameHome(alice, 'carol')
    succeeded(await carol.logIn())
    const others = await world.elevated(carol, 'prod-db') // so the channel is asked with that login by now
    succeeded(await world.bob.jit('kill', '--grant', others, '--reason', 'over'))
    const held = () => ['prod-db', 'staging-db'].filter((name) => alice.credentials()?.includes(`[jit-${name}]`))
    expect(await eventually(held, ['staging-db'], { withinMs: 30_000 })).toEqual(['staging-db'])

    const revoked = await carol.jit('revoke', 'staging-db')
    expect([revoked.code, revoked.stderr]).toEqual([6, expect.stringContaining('as whoever asked for it: jit login')])
    expect([alice.credentials(), receiptsOf(hers)]).toEqual([OWN, []])
    succeeded(await alice.logIn())
    succeeded(await alice.jit('sweep'))
    expect(receiptsOf(hers)).toEqual([`${hers} wiped`])
  })
})

describe.concurrent('a reaper', () => {
  test('leaves promptly at SIGTERM, in the middle of a call', async () => {
    const machine = world.machineCalled('signal')
    await world.elevated(machine)
    const [reaper] = reapersOf(machine.home)
    process.kill(Number(reaper), 'SIGTERM')
    expect(await eventually(() => reapersOf(machine.home).length, 0, { withinMs: WITHIN_MS })).toBe(0)
    succeeded(await machine.jit('revoke', '--all'))
  })

  test('that was killed leaves a receipt behind, which goes out with the next start that reaches the endpoint', async () => {
    const machine = world.machineCalled('late')
    const grant = await world.elevated(machine)
    killReapersOf(machine.home)
    world.front.silence(grant)
    expect(await machine.jit('revoke', '--all')).toMatchObject({ code: 6 })
    expect(machine.credentials()).toBe(OWN)
    world.front.speak(grant)
    succeeded(await machine.jit('sweep'))
    expect(receiptsOf(grant)).toEqual([`${grant} wiped`])
  })
})
