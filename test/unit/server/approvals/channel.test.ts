import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/platform/clock.ts'
import { approvalsOver, caller, TARGETS } from '../../../support/approvals.ts'
import { ada, ann, eve, grantOf, openWorld, rob, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
const never = new AbortController().signal
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const hears = (grants: readonly string[], waitSeconds = 25, who = rob, signal = never) =>
  world.approvals.channel(who, { grants, waitSeconds }, signal)

describe('the channel answers at once', () => {
  test('about grants that were ended, killed, ran out, are not one’s own, or never were', async () => {
    const [revoked, killed, ran, live] = [
      grantOf(await world.ask()).id,
      grantOf(await world.ask()).id,
      grantOf(await world.ask({ durationSeconds: 60 })).id,
      grantOf(await world.ask()).id,
    ]
    const foreign = grantOf(await world.ask({}, eve)).id
    await world.approvals.end(rob, revoked, 'revoked')
    await world.approvals.throwStop(ada, { scope: 'grant', value: killed, reason: 'x' })
    world.clock.advance(60_000)
    expect(await hears([live, revoked, killed, ran, foreign, 'g_none', revoked])).toEqual({
      ended: [
        { grant: revoked, reason: 'revoked' },
        { grant: killed, reason: 'killed' },
        { grant: ran, reason: 'ttl' },
        { grant: foreign, reason: 'revoked' },
        { grant: 'g_none', reason: 'revoked' },
      ],
    })
  })

  test('that nothing is over, where it is not to wait', async () => {
    const { id } = grantOf(await world.ask())
    expect(await hears([id], 0)).toEqual({ ended: [] })
    const later = grantOf(await world.ask({ startsAt: new Date(world.clock.now() + HOUR).toISOString() }))
    expect(await hears([id, later.id], 0)).toEqual({ ended: [] })
  })

  test('whichever key of its person asks', async () => {
    const { id } = grantOf(await world.ask())
    expect(await hears([id], 0, caller('rob', { jkt: 'new login' }))).toEqual({ ended: [] })
  })
})

describe('the channel waits', () => {
  test('and answers at once when this process ends a grant, without looking by the clock', async () => {
    const noTimer = {
      ...world.clock,
      sleep: (_: number, signal?: AbortSignal) => world.clock.sleep(2 ** 31 - 1, signal),
    }
    const here = approvalsOver(world.store, world.policy, noTimer)
    const [one, two, three] = [
      grantOf(await world.ask()).id,
      grantOf(await world.ask()).id,
      grantOf(await world.ask({ targets: ['test'] })).id,
    ]
    const waits = [[one, two, three], [two], [three]].map((grants) =>
      here.channel(rob, { grants, waitSeconds: 25 }, never),
    )
    await here.throwStop(ada, { scope: 'target', value: 'dev', reason: 'x' })
    expect(await Promise.all(waits.slice(0, 2))).toMatchObject([
      { ended: [{ grant: one, reason: 'killed' }, { grant: two }] },
      { ended: [{ grant: two, reason: 'killed' }] },
    ])
    await here.end(rob, three, 'revoked')
    expect(await waits[2]).toEqual({ ended: [{ grant: three, reason: 'revoked' }] })
  })

  test('and answers when another replica ends a grant', async () => {
    const replica = await world.replica()
    const { id } = grantOf(await world.ask())
    const waiting = hears([id])
    await approvalsOver(replica, world.policy, world.clock).throwStop(ada, { scope: 'user', value: 'rob', reason: 'x' })
    expect(await waiting).toEqual({ ended: [{ grant: id, reason: 'killed' }] })
    await replica.close()
  })

  test('no longer than until the next of the grants runs out', async () => {
    const short = grantOf(await world.ask({ durationSeconds: 15 })).id
    const long = grantOf(await world.ask()).id
    world.clock.advance(14_800)
    const started = performance.now()
    const inTime = approvalsOver(world.store, world.policy, { ...systemClock, now: () => world.clock.now() })
    expect(await inTime.channel(rob, { grants: [long, short], waitSeconds: 25 }, never)).toEqual({
      ended: [{ grant: short, reason: 'ttl' }],
    })
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('until its time is up, or the caller is gone', async () => {
    const { id } = grantOf(await world.ask())
    expect(await hears([id], 0.5)).toEqual({ ended: [] })
    const gone = new AbortController()
    const waiting = hears([id], 25, rob, gone.signal)
    gone.abort()
    expect(await waiting).toEqual({ ended: [] })
  })

  test('with room for a thousand machines of one person; one more is told at once how it stands, and refused nothing', async () => {
    const { id } = grantOf(await world.ask())
    const gone = new AbortController()
    const machines = Array.from({ length: 1_000 }, () => hears([id], 25, rob, gone.signal))
    const first = await Promise.race([...machines, hears([id]).then((answer) => ({ ...answer, late: true }))])
    expect(first).toEqual({ ended: [], late: true })
    await expect(hears([id], 25, eve)).resolves.toMatchObject({ ended: [{ grant: id }] })
    gone.abort()
    await Promise.all(machines)
  })

  test('with one statement a second however many wait, and none while nobody does', async () => {
    let asked = 0
    const counting = {
      ...world.store,
      endedSince: (since: number) => {
        asked++
        return world.store.endedSince(since)
      },
    }
    const ticks: (() => void)[] = []
    const clock = {
      ...world.clock,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => {
          if (ms === 1_000) ticks.push(resolve)
          signal?.addEventListener('abort', () => resolve())
        }),
    }
    const here = approvalsOver(counting, world.policy, clock)
    const { id } = grantOf(await world.ask())
    const gone = new AbortController()
    const machines = Array.from({ length: 50 }, () => here.channel(rob, { grants: [id], waitSeconds: 25 }, gone.signal))
    const tick = async () => {
      for (const due of ticks.splice(0)) due()
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => void setImmediate(resolve))
    }
    await tick()
    await tick()
    expect(asked).toBe(2)
    gone.abort()
    await Promise.all(machines)
    await tick()
    expect(asked).toBe(2)
  })

  test('and a database that fails is no news, but an error of the call', async () => {
    const { id } = grantOf(await world.ask())
    let down = false
    const failing = {
      ...world.store,
      endedSince: () => Promise.reject(new Error('down')),
      grantsNamed: (ids: readonly string[]) =>
        down ? Promise.reject(new Error('down')) : world.store.grantsNamed(ids),
    }
    const here = approvalsOver(failing, world.policy, world.clock)
    const waiting = here.channel(rob, { grants: [id], waitSeconds: 25 }, never)
    down = true
    await expect(waiting).rejects.toThrow('down')
  })
})

test('what a machine must do that hears nothing is in every answer about a grant, as it is configured now', async () => {
  const strict = TARGETS.map((target) => ({ ...target, channel: 'strict' as const }))
  const { id, requestId } = grantOf(await world.ask())
  const { id: pending } = await world.ask({ targets: ['prod'] })
  expect(grantOf(await world.approvals.get(rob, requestId))).not.toHaveProperty('channel')
  const now = approvalsOver(world.store, world.policy, world.clock, strict)
  const channel = 'strict'
  expect(grantOf(await now.get(rob, requestId))).toMatchObject({ channel })
  expect((await now.issue(rob, id)).grant).toMatchObject({ channel })
  expect(grantOf(await now.approve(ann, pending))).toMatchObject({ channel })
  expect((await now.list(rob, 'mine')).flatMap(({ grants }) => grants)).toMatchObject([{ channel }, { channel }])
  expect(await now.end(rob, id, 'revoked')).toMatchObject({ channel })
})
