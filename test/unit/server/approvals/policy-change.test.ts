import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfiguredTarget } from '../../../../src/server/config/types.ts'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import { approvalsOver, leavesOf, story, TARGETS } from '../../../support/approvals.ts'
import { ann, bob, grantOf, openWorld, rob, type World } from '../../../support/approvals-world.ts'
import { caller, target } from '../../../support/policy.ts'

const HOUR = 3_600_000
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** What a start does, with the policy as it is now. */
const restart = (targets: readonly ConfiguredTarget[] = TARGETS) =>
  approvalsOver(world.store, world.policy, world.clock, targets).endWhatPolicyNoLongerGives()
const isLive = async (id: string) => (await world.store.grant(id))?.endedAt === null

describe('at a start', () => {
  test('what was given stays while nothing was changed', async () => {
    await world.ask({ targets: ['dev', 'test'] })
    const { id } = await world.ask({ targets: ['vault'] })
    await world.approvals.approve(ann, id)
    await world.approvals.approve(bob, id)
    await world.ask({ startsAt: new Date(world.clock.now() + HOUR).toISOString() })
    expect(await restart()).toBe(0)
  })

  test.each<[string, (world: World) => void]>([
    ['refuses it', ({ policy }) => policy.rules.set('dev', { kind: 'refused', why: 'frozen' })],
    ['asks people now', ({ policy }) => policy.rules.set('dev', { kind: 'people', approvers: ['oncall'], quorum: 1 })],
    ['gives it for less time', ({ policy }) => void (policy.maxDurationSeconds = 60)],
  ])('a grant ends where policy %s, and the others stay', async (_, change) => {
    const { id } = grantOf(await world.ask())
    const other = grantOf(await world.ask({ targets: ['test'], durationSeconds: 60 }))
    change(world)
    expect(await restart()).toBe(1)
    expect([await isLive(id), await isLive(other.id)]).toEqual([false, true])
    expect((await leavesOf(world.store)).at(-1)?.body).toMatchObject({
      kind: 'grant.ended',
      grant: id,
      by: 'policy',
      reason: 'revoked',
      policy: world.policy.hash,
      why: expect.stringMatching(/./),
    })
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({ code: 'grant_ended' })
    expect(await restart()).toBe(0)
  })

  test('the grants of a target that is gone end, scheduled ones too', async () => {
    const live = grantOf(await world.ask())
    const later = grantOf(await world.ask({ startsAt: new Date(world.clock.now() + HOUR).toISOString() }))
    expect(await restart(TARGETS.filter(({ name }) => name !== 'dev'))).toBe(2)
    expect([await isLive(live.id), await isLive(later.id)]).toEqual([false, false])
  })

  test('a grant ends when those who approved it could not any more, or would be too few', async () => {
    const approved = async () =>
      grantOf(await world.approvals.approve(ann, (await world.ask({ targets: ['prod'] })).id))
    const { id } = await approved()
    world.policy.approvers.set('ann', [])
    expect(await restart()).toBe(1)
    expect(await isLive(id)).toBe(false)
    world.policy.approvers.set('ann', ['prod'])
    await approved()
    world.policy.rules.set('prod', { kind: 'people', approvers: ['oncall'], quorum: 2 })
    expect(await restart()).toBe(1)
  })

  test('what people approved stays where policy would give it by itself now', async () => {
    await world.approvals.approve(ann, (await world.ask({ targets: ['prod'] })).id)
    world.policy.rules.set('prod', { kind: 'automatic' })
    world.policy.approvers.set('ann', [])
    expect(await restart()).toBe(0)
  })

  test('what is over is left alone, and more than a page is looked through', async () => {
    for (let i = 0; i < 260; i++) await world.ask({ targets: ['dev', 'test'], durationSeconds: 3600 + i })
    const over = grantOf(await world.ask({ durationSeconds: 15 }))
    world.clock.advance(15_000)
    world.policy.rules.set('dev', { kind: 'refused', why: 'frozen' })
    expect(await restart()).toBe(260)
    expect(await isLive(over.id)).toBe(true)
    expect((await story(world.store)).filter((kind) => kind === 'grant.ended')).toHaveLength(260)
  })

  test('a machine that waits hears of it', async () => {
    const { id } = grantOf(await world.ask())
    const waiting = world.approvals.channel(rob, { grants: [id], waitSeconds: 25 }, new AbortController().signal)
    world.policy.rules.set('dev', { kind: 'refused', why: 'frozen' })
    await restart()
    expect(await waiting).toEqual({ ended: [{ grant: id, reason: 'revoked' }] })
  })
})

test('real policies about hours and fresh logins end nothing by the hour, only by their text', async () => {
  const text = (hour: number) => `
@id("by-day") permit (principal in Group::"staff", action in [Action::"request", Action::"autoApprove"], resource)
when { context.now < datetime("2999-01-01T00:00:00Z") && context.hour <= ${hour}
  && context has authAgeSeconds && context.authAgeSeconds <= 60 };`
  const targets = [target('dev', { labels: [] })]
  const given = (hour: number) => loadPolicy({ files: [{ path: 'p.cedar', text: text(hour) }], targets })
  const over = (hour: number) => approvalsOver(world.store, given(hour), world.clock, targets)
  const now = world.clock.now()
  const mia = caller('mia', ['staff'], { authTime: Math.floor(now / 1000) })
  const day = 24 * HOUR
  const asked = over(23).ask(mia, { targets: ['dev'], durationSeconds: 7 * 3600, reason: 'r', host: 'h' }, 'k')
  const { id } = grantOf(await asked)
  const { id: later } = grantOf(
    await over(23).ask(
      mia,
      { targets: ['dev'], durationSeconds: 3600, reason: 'r', host: 'h', startsAt: new Date(now + day).toISOString() },
      'k2',
    ),
  )
  world.clock.advance(5 * HOUR)
  expect(await over(23).endWhatPolicyNoLongerGives()).toBe(0)
  expect(await over(-1).endWhatPolicyNoLongerGives()).toBe(2)
  expect([await isLive(id), await isLive(later)]).toEqual([false, false])
})
