import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Workload } from '../../../../src/server/approvals/types.ts'
import { caller, leavesOf, story } from '../../../support/approvals.ts'
import { ann, bob, eve, grantOf, rob, openWorld, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('issuing', () => {
  test('permits one token for the holder, and the leaf is there before the answer', async () => {
    const grant = grantOf(await world.ask())
    const issue = await world.approvals.issue(rob, grant.id)
    expect(issue).toMatchObject({ grant, holder: rob.person, leaf: 3 })
    expect((await leavesOf(world.store)).at(-1)).toMatchObject({
      seq: 3,
      body: { kind: 'grant.issued', grant: grant.id, target: 'dev' },
    })
  })

  test("somebody else's grant does not exist", async () => {
    const { id } = grantOf(await world.ask())
    await expect(world.approvals.issue(eve, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(world.approvals.issue(rob, 'g_none')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('another key of the same person gets nothing, and the log tells of the attempt', async () => {
    const { id } = grantOf(await world.ask())
    await expect(world.approvals.issue(caller('rob', { jkt: 'stolen' }), id)).rejects.toMatchObject({ code: 'denied' })
    expect(await story(world.store)).toEqual(['request.asked', 'request.approved', 'grant.refused'])
  })

  describe('of a job', () => {
    const run = { provider: 'github', pipelines: ['deploy'], claims: { ref: 'refs/heads/main' }, run: '42/1' }
    const job = (jkt: string, workload: Workload = run) =>
      caller('repo:o/a', { flow: 'workload', amr: [], jkt, workload })

    test('another key of the same run may collect it', async () => {
      const { id } = grantOf(await world.ask({}, job('first')))
      await expect(world.approvals.issue(job('first'), id)).resolves.toBeDefined()
      await expect(world.approvals.issue(job('later'), id)).resolves.toMatchObject({ grant: { id } })
    })

    const { run: _, ...noRun } = run
    test.each<[string, Workload]>([
      ['another run', { ...run, run: '43/1' }],
      ['the run of that number elsewhere', { ...run, provider: 'gitlab' }],
      ['a job that names no run', noRun],
    ])('another key of %s may not', async (_what, workload) => {
      const { id } = grantOf(await world.ask({}, job('first')))
      await expect(world.approvals.issue(job('later', workload), id)).rejects.toMatchObject({ code: 'denied' })
    })

    test('without a run only its own key counts', async () => {
      const { id } = grantOf(await world.ask({}, job('first', noRun)))
      await expect(world.approvals.issue(job('later', noRun), id)).rejects.toMatchObject({ code: 'denied' })
      await expect(world.approvals.issue(job('first', noRun), id)).resolves.toBeDefined()
    })

    test('a person of the same name is not in its run', async () => {
      const { id } = grantOf(await world.ask({}, job('first')))
      await expect(world.approvals.issue(caller('repo:o/a', { jkt: 'x' }), id)).rejects.toMatchObject({
        code: 'denied',
      })
      await expect(world.approvals.issue(caller('eve', { jkt: 'y', workload: run }), id)).rejects.toMatchObject({
        code: 'not_found',
      })
    })
  })

  test('policy is asked again: a refusal has its leaf, and the grant stays', async () => {
    const { id } = grantOf(await world.ask())
    world.policy.rules.set('dev', { kind: 'refused', why: 'frozen' })
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({ code: 'denied' })
    expect((await story(world.store)).at(-1)).toBe('grant.refused')
    world.policy.rules.set('dev', { kind: 'automatic' })
    await expect(world.approvals.issue(rob, id)).resolves.toMatchObject({ grant: { state: 'active' } })
  })

  test('what policy gave by itself it does not give once it wants people, nor for fewer people than it wants', async () => {
    const { id } = grantOf(await world.ask({ startsAt: new Date(world.clock.now() + HOUR).toISOString() }))
    const { id: prod } = await world.ask({ targets: ['prod'] })
    const approved = grantOf(await world.approvals.approve(ann, prod))
    world.clock.advance(HOUR / 2)
    await expect(world.approvals.issue(rob, approved.id)).resolves.toBeDefined()
    world.policy.rules.set('dev', { kind: 'people', approvers: ['oncall'], quorum: 1 })
    world.policy.rules.set('prod', { kind: 'people', approvers: ['oncall'], quorum: 2 })
    await expect(world.approvals.issue(rob, approved.id)).rejects.toMatchObject({ code: 'denied' })
    world.clock.advance(HOUR / 2 + 1000)
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({ code: 'denied' })
    expect((await story(world.store)).slice(-2)).toEqual(['grant.refused', 'grant.refused'])
  })

  test('nothing before the start, nothing after the end', async () => {
    const startsAt = new Date(world.clock.now() + HOUR).toISOString()
    const request = await world.ask({ startsAt })
    expect(grantOf(request)).toMatchObject({ state: 'scheduled', startsAt })
    const { id } = grantOf(request)
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({ code: 'grant_not_started' })
    world.clock.advance(HOUR + 1000)
    await expect(world.approvals.issue(rob, id)).resolves.toMatchObject({ grant: { state: 'active' } })
    world.clock.advance(HOUR)
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({ code: 'grant_ended' })
    expect(grantOf(await world.approvals.get(rob, request.id))).toMatchObject({ state: 'ended', endReason: 'ttl' })
  })

  test('a grant decided after its wished start starts at the decision, for the whole time', async () => {
    const { id } = await world.ask({ targets: ['prod'], startsAt: new Date(world.clock.now() + 60_000).toISOString() })
    world.clock.advance(120_000)
    const { startsAt, endsAt, state } = grantOf(await world.approvals.approve(ann, id))
    expect(state).toBe('active')
    expect(Date.parse(startsAt)).toBeGreaterThanOrEqual(world.clock.now() - 60_000)
    expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(HOUR)
  })
})

describe('ending a grant', () => {
  test('stops every further issue; ending it again changes nothing', async () => {
    const { id } = grantOf(await world.ask())
    const ended = await world.approvals.end(caller('rob', { jkt: 'phone' }), id, 'revoked')
    expect(ended).toMatchObject({ state: 'ended', endReason: 'revoked' })
    expect(await world.approvals.end(rob, id, 'revoked')).toEqual(ended)
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({
      code: 'grant_ended',
      message: expect.stringMatching(/was revoked/),
    })
    expect(await story(world.store)).toEqual(['request.asked', 'request.approved', 'grant.ended'])
  })

  test('is for its holder and who approved it, for nobody else', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    const grant = grantOf(await world.approvals.approve(ann, id))
    for (const other of [bob, eve])
      await expect(world.approvals.end(other, grant.id, 'revoked')).rejects.toMatchObject({ code: 'not_found' })
    expect(await world.approvals.end(ann, grant.id, 'revoked')).toMatchObject({ state: 'ended' })
  })

  test('that ran out stays ended by its ttl', async () => {
    const { id } = grantOf(await world.ask())
    world.clock.advance(HOUR)
    expect(await world.approvals.end(rob, id, 'revoked')).toMatchObject({ state: 'ended', endReason: 'ttl' })
    expect(await story(world.store)).toEqual(['request.asked', 'request.approved'])
  })

  test.each(['ttl', 'killed'] as const)('is nothing that one does by hand for the reason %s', async (reason) => {
    const { id } = grantOf(await world.ask())
    await expect(world.approvals.end(rob, id, reason)).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
