import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { approvalsOver, caller } from '../../../support/approvals.ts'
import { ada, grantOf, openWorld, type World } from '../../../support/approvals-world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const jobOf = (subject: string, ...pipelines: readonly string[]) =>
  caller(subject, { flow: 'workload', workload: { provider: 'github', pipelines, claims: {} } })
const job = jobOf('repo:octo/app', 'deploy')
const stateOf = async (id: string) => (await world.store.grant(id))?.endReason ?? 'live'

describe('while a stop stands', () => {
  test('of a pipeline all its jobs are held up, whatever branch and whatever else they belong to, and no other', async () => {
    const feature = jobOf('repo:octo/app:ref:refs/heads/feature', 'nightly', 'deploy')
    const { id: collected } = grantOf(await world.ask({}, feature))
    const pending = await world.ask({ targets: ['prod'] }, job)
    const { stop } = await world.approvals.throwStop(ada, { scope: 'pipeline', value: 'deploy', reason: 'taken over' })
    expect(await world.approvals.listStops(ada)).toEqual([stop])
    expect(stop).toMatchObject({ scope: 'pipeline', value: 'deploy' })
    expect(await stateOf(collected)).toBe('killed')
    expect(await world.approvals.get(job, pending.id)).toMatchObject({ state: 'cancelled' })
    const refusal = { code: 'denied', message: 'Elevating is stopped for pipeline deploy: taken over.' }
    for (const each of [job, feature, jobOf('repo:octo/app:ref:refs/heads/new', 'deploy')])
      await expect(world.ask({}, each)).rejects.toMatchObject(refusal)
    await expect(world.ask({}, jobOf('repo:octo/other', 'nightly'))).resolves.toMatchObject({ state: 'approved' })
    await expect(world.ask({}, caller('deploy'))).resolves.toMatchObject({ state: 'approved' })
    await world.approvals.liftStop(ada, stop.id)
    expect(await world.ask({}, job)).toMatchObject({ state: 'approved' })
  })

  test('of a pipeline what one of its jobs holds ends, though a job of others asked for it', async () => {
    const inRun = (jkt: string, ...pipelines: readonly string[]) =>
      caller('repo:octo/app', {
        flow: 'workload',
        jkt,
        workload: { provider: 'github', pipelines, claims: {}, run: 'r_1' },
      })
    const asker = inRun('key-a', 'nightly')
    const [left, taken] = [grantOf(await world.ask({}, asker)), grantOf(await world.ask({}, asker))]
    await world.approvals.issue(asker, left.id)
    for (const collector of [inRun('key-b', 'nightly', 'smoke'), inRun('key-c', 'nightly', 'deploy'), asker])
      await world.approvals.issue(collector, taken.id)
    const stop = (value: string) => world.approvals.throwStop(ada, { scope: 'pipeline', value, reason: 'taken over' })
    expect(await stop('deploy')).toMatchObject({ endedGrants: 1 })
    expect([await stateOf(left.id), await stateOf(taken.id)]).toEqual(['live', 'killed'])
    expect(await stop('nightly')).toMatchObject({ endedGrants: 1 })
  })

  test('of a pipeline nothing is issued to a job that belongs to it now, or did when it asked', async () => {
    const half = approvalsOver({ ...world.store, unendedGrants: async () => [] }, world.policy, world.clock)
    const asked = grantOf(await world.ask({}, job))
    const other = grantOf(await world.ask({}, jobOf('repo:octo/app', 'nightly')))
    await half.throwStop(ada, { scope: 'pipeline', value: 'deploy', reason: 'x' })
    for (const [who, { id }] of [
      [jobOf('repo:octo/app', 'nightly'), asked],
      [job, other],
    ] as const)
      await expect(world.approvals.issue(who, id)).rejects.toMatchObject({ code: 'denied' })
  })
})
