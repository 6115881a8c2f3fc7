import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NewRequest } from '../../../../src/contract/request.ts'
import { approvalsOver, FakePolicy, leavesOf, story, wanted } from '../../../support/approvals.ts'
import { ann, eve, grantOf, rob, openWorld, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('asking', () => {
  test('what policy approves by itself is approved at once, with a grant per target and one leaf that names them', async () => {
    const request = await world.ask({ targets: ['dev', 'test'], ticket: 'OPS-1' })
    expect(request).toMatchObject({
      state: 'approved',
      targets: ['dev', 'test'],
      reason: 'slow query',
      ticket: 'OPS-1',
      requester: rob.person,
      origin: { host: 'laptop', address: '192.0.2.7', flow: 'browser' },
      decision: { outcome: 'approved', by: 'policy', people: [], policies: ['rule-dev', 'rule-test'] },
      grants: [
        { target: 'dev', state: 'active' },
        { target: 'test', state: 'active' },
      ],
    })
    const { startsAt, endsAt } = grantOf(request)
    expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(HOUR)
    expect(await world.approvals.get(rob, request.id)).toEqual(request)
    const leaves = await leavesOf(world.store)
    expect(leaves.map(({ body }) => body)).toMatchObject([
      {
        kind: 'request.asked',
        request: request.id,
        asked: { reason: 'slow query', by: { subject: 'rob', jkt: 'key-of-rob' } },
      },
      {
        kind: 'request.approved',
        by: 'policy',
        policy: world.policy.hash,
        grants: request.grants.map(({ id, target }) => ({ grant: id, target })),
      },
    ])
  })

  test('where people must agree it stays pending until its time is up', async () => {
    const request = await world.ask({ targets: ['dev', 'prod'] })
    expect(request).toMatchObject({
      state: 'pending',
      grants: [],
      needs: [{ target: 'dev' }, { target: 'prod', approvedBy: [] }],
    })
    expect(Date.parse(request.expiresAt) - Date.parse(request.createdAt)).toBe(HOUR)
    expect(await story(world.store)).toEqual(['request.asked'])
  })

  test('a target that the caller may not know of is none, in the very words of one that does not exist', async () => {
    const policy = new FakePolicy()
    const judge = policy.judge.bind(policy)
    policy.judge = (who, target) => ({ ...judge(who, target), hidden: true })
    policy.rules.set('dev', { kind: 'refused', why: 'a policy forbids it' })
    const approvals = approvalsOver(world.store, policy)
    const refusal = { code: 'not_found', message: 'There is no target called dev.', hint: 'See: jit targets' }
    await expect(approvals.ask(rob, wanted(), 'k')).rejects.toMatchObject(refusal)
    await expect(approvals.explain(rob, wanted())).rejects.toMatchObject(refusal)
  })

  test.each([['closed'], ['forgotten']])(
    'what policy refuses (%s) is refused at once and for all targets, and the log says so',
    async (target) => {
      await expect(world.ask({ targets: ['dev', target] })).rejects.toMatchObject({ code: 'denied' })
      expect(await world.approvals.list(rob, 'mine')).toEqual([])
      expect((await leavesOf(world.store)).map(({ body }) => body)).toMatchObject([{ kind: 'request.refused', target }])
    },
  )

  test.each<[string, Partial<NewRequest>, string, RegExp]>([
    ['an unknown target', { targets: ['nope'] }, 'not_found', /called nope/],
    ['a name that is none', { targets: ['\u001b[2J'] }, 'invalid_request', /name of a target/],
    ['a prototype member as target', { targets: ['constructor'] }, 'not_found', /constructor/],
    ['no target', { targets: [] }, 'invalid_request', /1 to 10/],
    ['too many targets', { targets: Array.from({ length: 11 }, () => 'dev') }, 'invalid_request', /1 to 10/],
    ['a target twice', { targets: ['dev', 'dev'] }, 'invalid_request', /twice/],
    ['too long', { durationSeconds: 4 * 3600 + 1 }, 'invalid_request', /at most 4h/],
    ['too short', { durationSeconds: 14 }, 'invalid_request', /15/],
    ['half a second', { durationSeconds: 60.5 }, 'invalid_request', /whole/],
    ['no number', { durationSeconds: Number.NaN }, 'invalid_request', /whole/],
    ['endless', { durationSeconds: Infinity }, 'invalid_request', /whole/],
    ['no reason', { reason: ' \n ' }, 'invalid_request', /reason is empty/],
    ['a novel', { reason: 'x'.repeat(501) }, 'invalid_request', /501 characters; 500/],
    ['a terminal escape', { reason: 'a\u001b[31mb' }, 'invalid_request', /U\+001B/],
    ['a bidi override', { reason: 'a\u202eb' }, 'invalid_request', /U\+202E/],
    ['an invisible tag', { reason: 'a\u{e0041}b' }, 'invalid_request', /U\+E0041/],
    ['half an emoji', { reason: 'a\ud83d' }, 'invalid_request', /U\+D83D/],
    ['a long ticket', { ticket: 'x'.repeat(101) }, 'invalid_request', /ticket/],
    ['a long host', { host: 'x'.repeat(256) }, 'invalid_request', /host/],
    ['the past', { startsAt: '2020-01-01T00:00:00Z' }, 'invalid_request', /past/],
    ['far ahead', { startsAt: '2999-01-01T00:00:00Z' }, 'invalid_request', /7 days/],
    ['no time', { startsAt: 'tomorrow' }, 'invalid_request', /UTC/],
  ])('%s is refused and leaves nothing behind', async (_, over, code, message) => {
    await expect(world.ask(over)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(await story(world.store)).toEqual([])
    expect(await world.approvals.list(rob, 'mine')).toEqual([])
  })

  test('text of people stays theirs: line breaks become spaces, emoji and other scripts stay', async () => {
    const { reason } = await world.ask({ reason: ' slow\n query 👩‍💻 שלום\t' })
    expect(reason).toBe('slow query 👩‍💻 שלום')
  })

  test('the delivery mode that policy demands goes into the grant, and another one is refused', async () => {
    world.policy.judge = (who, target) => ({
      ...FakePolicy.prototype.judge.call(world.policy, who, target),
      deliver: 'process',
    })
    await expect(world.ask({ deliver: 'files' })).rejects.toMatchObject({
      code: 'denied',
      hint: 'Try: --deliver process',
    })
    expect(grantOf(await world.ask())).toMatchObject({ deliver: 'process' })
  })

  test('pending requests of one person are bounded', async () => {
    for (let i = 0; i < 50; i++) await world.ask({ targets: ['prod'] })
    await expect(world.ask({ targets: ['prod'] })).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(world.ask({ targets: ['prod'] }, ann)).resolves.toMatchObject({ state: 'pending' })
  })

  test('explain says what would be, and changes nothing', async () => {
    expect(await world.approvals.explain(rob, wanted({ targets: ['dev', 'closed'] }))).toEqual({
      targets: [
        { target: 'dev', approval: { kind: 'automatic' }, maxDurationSeconds: 4 * 3600, policies: ['rule-dev'] },
        {
          target: 'closed',
          approval: { kind: 'refused', why: 'nobody may have it' },
          maxDurationSeconds: 4 * 3600,
          policies: ['rule-closed'],
        },
      ],
    })
    expect(await story(world.store)).toEqual([])
  })
})

describe('the same idempotency key', () => {
  test('with the same body gives the first request, as it stands now', async () => {
    const first = await world.approvals.ask(rob, wanted({ targets: ['prod'] }), 'k')
    await world.approvals.approve(ann, first.id)
    expect(await world.approvals.ask(rob, wanted({ targets: ['prod'] }), 'k')).toMatchObject({
      id: first.id,
      state: 'approved',
    })
  })

  test('with another body is a conflict', async () => {
    await world.approvals.ask(rob, wanted(), 'k')
    await expect(world.approvals.ask(rob, wanted({ durationSeconds: 60 }), 'k')).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  test('of another person is another key', async () => {
    const mine = await world.approvals.ask(rob, wanted(), 'k')
    expect((await world.approvals.ask(eve, wanted(), 'k')).id).not.toBe(mine.id)
  })

  test('after a refusal is free again', async () => {
    await expect(world.approvals.ask(rob, wanted({ targets: ['closed'] }), 'k')).rejects.toMatchObject({
      code: 'denied',
    })
    await expect(world.approvals.ask(rob, wanted(), 'k')).resolves.toMatchObject({ state: 'approved' })
  })

  test.each([[''], ['a b'], ['ü'], ['x'.repeat(129)]])('%j is no key', async (key) => {
    await expect(world.approvals.ask(rob, wanted(), key)).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
