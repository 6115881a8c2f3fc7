import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { caller, story } from '../../../support/approvals.ts'
import { ann, bob, cat, eve, rob, openWorld, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
const never = new AbortController().signal
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('deciding', () => {
  test('an approval makes the grant, and names who and why', async () => {
    const { id } = await world.ask({ targets: ['dev', 'prod'] })
    const approved = await world.approvals.approve(ann, id)
    expect(approved).toMatchObject({
      state: 'approved',
      decision: { by: 'people', people: [ann.person], policies: ['rule-dev', 'rule-prod', 'approve-prod'] },
      needs: [{ target: 'dev' }, { target: 'prod', approvedBy: [ann.person] }],
      grants: [{ target: 'dev' }, { target: 'prod' }],
    })
    expect(await world.approvals.get(rob, id)).toEqual(approved)
    expect(await story(world.store)).toEqual(['request.asked', 'request.endorsed', 'request.approved'])
  })

  test('a quorum counts distinct people: the same person twice is one', async () => {
    const { id } = await world.ask({ targets: ['vault'] })
    expect(await world.approvals.approve(ann, id)).toMatchObject({
      state: 'pending',
      needs: [{ approvedBy: [ann.person] }],
    })
    const otherKey = caller('ann', { jkt: 'second laptop' })
    expect(await world.approvals.approve(otherKey, id)).toMatchObject({
      state: 'pending',
      needs: [{ approvedBy: [ann.person] }],
    })
    expect(await story(world.store)).toEqual(['request.asked', 'request.endorsed'])
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'approved', grants: [{ target: 'vault' }] })
  })

  test('each target needs its own approvers', async () => {
    world.policy.approvers.set('ann', ['prod']).set('bob', ['vault']).set('cat', ['vault'])
    const { id } = await world.ask({ targets: ['prod', 'vault'] })
    for (const each of [ann, bob]) expect(await world.approvals.approve(each, id)).toMatchObject({ state: 'pending' })
    expect(await world.approvals.approve(cat, id)).toMatchObject({ state: 'approved' })
  })

  test('nobody approves or denies his own request, whatever policy says, and under no other key or address', async () => {
    const { id } = await world.ask({ targets: ['prod'] }, ann)
    for (const self of [
      ann,
      caller('ann', { jkt: 'other', person: { ...ann.person, name: 'Alias', email: 'a@b.c' } }),
    ]) {
      await expect(world.approvals.approve(self, id)).rejects.toMatchObject({ code: 'denied' })
      await expect(world.approvals.deny(self, id, 'no')).rejects.toMatchObject({ code: 'denied' })
    }
    expect(await world.approvals.get(ann, id)).toMatchObject({ state: 'pending' })
  })

  test('the same subject of another issuer is another person', async () => {
    const { id } = await world.ask({ targets: ['prod'] }, ann)
    const namesake = caller('ann', { person: { ...ann.person, issuer: 'https://other.example' } })
    expect(await world.approvals.approve(namesake, id)).toMatchObject({ state: 'approved' })
  })

  test('to whom it is none of his business a request does not exist', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    const attempts = [
      world.approvals.get(eve, id),
      world.approvals.wait(eve, id, 1, never),
      world.approvals.approve(eve, id),
      world.approvals.deny(eve, id, 'no'),
      world.approvals.cancel(eve, id),
    ]
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a denial says who and why, and is final', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    expect(await world.approvals.deny(ann, id, 'use the replica')).toMatchObject({
      state: 'denied',
      decision: { outcome: 'denied', by: 'people', people: [ann.person], reason: 'use the replica' },
      grants: [],
    })
    await expect(world.approvals.approve(bob, id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/was already denied by ann at /),
    })
    await expect(world.approvals.cancel(rob, id)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('a denial without a reason is refused', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    await expect(world.approvals.deny(ann, id, ' ')).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await world.approvals.get(rob, id)).toMatchObject({ state: 'pending' })
  })

  test('only the requester cancels', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    await expect(world.approvals.cancel(ann, id)).rejects.toMatchObject({ code: 'denied' })
    expect(await world.approvals.cancel(rob, id)).toMatchObject({ state: 'cancelled' })
    await expect(world.approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/cancelled/),
    })
  })

  test('saying the same again is no error', async () => {
    const [one, two, three] = [
      await world.ask({ targets: ['prod'] }),
      await world.ask({ targets: ['prod'] }),
      await world.ask({ targets: ['prod'] }),
    ]
    const repeats = [
      () => world.approvals.approve(ann, one.id),
      () => world.approvals.deny(ann, two.id, 'no'),
      () => world.approvals.cancel(rob, three.id),
    ]
    for (const repeat of repeats) expect(await repeat()).toEqual(await repeat())
    await expect(world.approvals.approve(bob, one.id)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('past its time a request reads as expired, is decided by nobody, and the sweep writes it down once', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    world.clock.advance(HOUR)
    expect(await world.approvals.get(rob, id)).toMatchObject({ state: 'expired' })
    for (const late of [
      world.approvals.approve(ann, id),
      world.approvals.deny(ann, id, 'no'),
      world.approvals.cancel(rob, id),
    ])
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/expired without a decision/),
      })
    expect(await world.approvals.list(ann, 'to-review')).toEqual([])
    expect(await world.approvals.sweep()).toMatchObject({ expired: 1 })
    expect(await world.approvals.sweep()).toMatchObject({ expired: 0 })
    expect(await story(world.store)).toEqual(['request.asked', 'request.expired'])
  })

  test('the sweep works through more than one batch', async () => {
    for (const who of ['a', 'b', 'c']) for (let i = 0; i < 40; i++) await world.ask({ targets: ['prod'] }, caller(who))
    world.clock.advance(HOUR)
    expect(await world.approvals.sweep()).toMatchObject({ expired: 120 })
  })
})

describe('policy that changed since the request', () => {
  test('denies it at the approval, with a leaf', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    world.policy.rules.set('prod', { kind: 'refused', why: 'frozen' })
    await expect(world.approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'denied',
      message: 'Policy no longer allows prod: frozen.',
    })
    expect(await world.approvals.get(rob, id)).toMatchObject({
      state: 'denied',
      decision: { by: 'policy' },
      grants: [],
    })
    expect(await story(world.store)).toEqual(['request.asked', 'request.denied'])
  })

  test('denies what is longer than now allowed', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    world.policy.maxDurationSeconds = 60
    await expect(world.approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/at most 1m now/),
    })
  })

  test('asks for more people where it now wants more', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    world.policy.rules.set('prod', { kind: 'people', approvers: [], quorum: 2 })
    expect(await world.approvals.approve(ann, id)).toMatchObject({ state: 'pending' })
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'approved' })
  })

  test('does not count the approval of somebody who may no longer approve', async () => {
    const { id } = await world.ask({ targets: ['vault'] })
    await world.approvals.approve(ann, id)
    world.policy.approvers.delete('ann')
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'pending' })
    expect(await world.approvals.approve(cat, id)).toMatchObject({
      state: 'approved',
      decision: { people: [bob.person, cat.person] },
    })
  })

  test('a quorum of nought still takes one person', async () => {
    world.policy.rules.set('vault', { kind: 'people', approvers: [], quorum: 0 })
    world.policy.approvers.set('ann', ['prod']).set('bob', ['vault'])
    const { id, state } = await world.ask({ targets: ['prod', 'vault'] })
    expect(state).toBe('pending')
    expect(await world.approvals.approve(ann, id)).toMatchObject({ state: 'pending' })
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'approved' })
  })
})
