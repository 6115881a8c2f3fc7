import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { approvalsOver } from '../../../support/approvals.ts'
import { ann, bob, eve, rob, openWorld, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
const never = new AbortController().signal
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('lists', () => {
  test('mine are mine, newest first; to review are pending ones that I may approve and did not ask', async () => {
    const first = await world.ask({ targets: ['prod'] })
    world.clock.advance(1)
    const second = await world.ask()
    const anns = await world.ask({ targets: ['prod'] }, ann)
    const ids = async (...args: Parameters<typeof world.approvals.list>) =>
      (await world.approvals.list(...args)).map(({ id }) => id)
    expect(await ids(rob, 'mine')).toEqual([second.id, first.id])
    expect(await ids(ann, 'to-review')).toEqual([first.id])
    expect((await ids(bob, 'to-review')).toSorted()).toEqual([first.id, anns.id].toSorted())
    expect(await ids(eve, 'to-review')).toEqual([])
  })
})

describe('waiting', () => {
  test('ends with the decision, at once where it fell in this process', async () => {
    const noTimer = {
      ...world.clock,
      sleep: (_: number, signal?: AbortSignal) => world.clock.sleep(2 ** 31 - 1, signal),
    }
    const here = approvalsOver(world.store, world.policy, noTimer)
    const { id } = await world.ask({ targets: ['prod'] })
    const waiting = here.wait(rob, id, 25_000, never)
    await here.approve(ann, id)
    expect(await waiting).toMatchObject({ state: 'approved', grants: [{ target: 'prod' }] })
  })

  test('ends when another replica decides', async () => {
    const replica = await world.replica()
    const { id } = await world.ask({ targets: ['prod'] })
    const waiting = world.approvals.wait(rob, id, 25_000, never)
    await approvalsOver(replica, world.policy, world.clock).deny(ann, id, 'no')
    expect(await waiting).toMatchObject({ state: 'denied' })
    await replica.close()
  })

  test('ends when the request expires', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    const waiting = world.approvals.wait(rob, id, 25_000, never)
    world.clock.advance(HOUR)
    expect(await waiting).toMatchObject({ state: 'expired' })
  })

  test('ends with the time allowed, or with the caller gone, and the request as it is', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    expect(await world.approvals.wait(rob, id, 20, never)).toMatchObject({ state: 'pending' })
    const gone = new AbortController()
    const waiting = world.approvals.wait(rob, id, 25_000, gone.signal)
    gone.abort()
    expect(await waiting).toMatchObject({ state: 'pending' })
  })

  test('is bounded per person: one call too many is answered at once', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    const gone = new AbortController()
    const fifty = Array.from({ length: 50 }, () => world.approvals.wait(rob, id, 25_000, gone.signal))
    const first = await Promise.race([...fifty, world.approvals.wait(rob, id, 25_000, never).then(() => 'at once')])
    expect(first).toBe('at once')
    gone.abort()
    await Promise.all(fifty)
  })
})
