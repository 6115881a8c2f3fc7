import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AccessRequest, NewRequest } from '../../../../src/contract/request.ts'
import { verifyLeaves } from '../../../../src/server/audit/verify.ts'
import { openSqliteStore } from '../../../../src/server/store/sqlite.ts'
import type { Store } from '../../../../src/server/store/types.ts'
import { approvalsOver, caller, FakePolicy, leavesOf, movableClock, story, wanted } from '../../../support/approvals.ts'

const HOUR = 3_600_000
const [rob, ann, bob, cat, eve] = ['rob', 'ann', 'bob', 'cat', 'eve'].map((name) => caller(name)) as [
  ReturnType<typeof caller>,
  ReturnType<typeof caller>,
  ReturnType<typeof caller>,
  ReturnType<typeof caller>,
  ReturnType<typeof caller>,
]

let directory: string
let store: Store
let clock: ReturnType<typeof movableClock>
let policy: FakePolicy
let approvals: ReturnType<typeof approvalsOver>
let keys = 0

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jit-approvals-'))
  clock = movableClock()
  policy = new FakePolicy()
  store = await openSqliteStore(join(directory, 'endpoint.db'), clock)
  approvals = approvalsOver(store, policy, clock)
})
afterEach(async () => {
  // Whatever a test did, the log it left behind is whole.
  expect(await verifyLeaves(await leavesOf(store))).toMatchObject({ ok: true })
  await store.close()
  rmSync(directory, { recursive: true })
})

const ask = (over: Partial<NewRequest> = {}, who = rob): Promise<AccessRequest> =>
  approvals.ask(who, wanted(over), `key-${++keys}`)
const grantOf = ({ grants }: AccessRequest, index = 0) => {
  const grant = grants[index]
  if (grant === undefined) throw new Error('no grant')
  return grant
}
const never = new AbortController().signal

describe('asking', () => {
  test('what policy approves by itself is approved at once, with a grant per target and one leaf that names them', async () => {
    const request = await ask({ targets: ['dev', 'test'], ticket: 'OPS-1' })
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
    expect(await approvals.get(rob, request.id)).toEqual(request)
    const leaves = await leavesOf(store)
    expect(leaves.map(({ body }) => body)).toMatchObject([
      {
        kind: 'request.asked',
        request: request.id,
        asked: { reason: 'slow query', by: { subject: 'rob', jkt: 'key-of-rob' } },
      },
      {
        kind: 'request.approved',
        by: 'policy',
        policy: policy.hash,
        grants: request.grants.map(({ id, target }) => ({ grant: id, target })),
      },
    ])
  })

  test('where people must agree it stays pending until its time is up', async () => {
    const request = await ask({ targets: ['dev', 'prod'] })
    expect(request).toMatchObject({
      state: 'pending',
      grants: [],
      needs: [{ target: 'dev' }, { target: 'prod', approvedBy: [] }],
    })
    expect(Date.parse(request.expiresAt) - Date.parse(request.createdAt)).toBe(HOUR)
    expect(await story(store)).toEqual(['request.asked'])
  })

  test.each([['closed'], ['forgotten']])(
    'what policy refuses (%s) is refused at once and for all targets, and the log says so',
    async (target) => {
      await expect(ask({ targets: ['dev', target] })).rejects.toMatchObject({ code: 'denied' })
      expect(await approvals.list(rob, 'mine')).toEqual([])
      expect((await leavesOf(store)).map(({ body }) => body)).toMatchObject([{ kind: 'request.refused', target }])
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
    ['too short', { durationSeconds: 59 }, 'invalid_request', /60/],
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
    await expect(ask(over)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(await story(store)).toEqual([])
    expect(await approvals.list(rob, 'mine')).toEqual([])
  })

  test('text of people stays theirs: line breaks become spaces, emoji and other scripts stay', async () => {
    const { reason } = await ask({ reason: ' slow\n query 👩‍💻 שלום\t' })
    expect(reason).toBe('slow query 👩‍💻 שלום')
  })

  test('the delivery mode that policy demands goes into the grant, and another one is refused', async () => {
    policy.judge = (who, target) => ({ ...FakePolicy.prototype.judge.call(policy, who, target), deliver: 'process' })
    await expect(ask({ deliver: 'files' })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: 'Try: --deliver process',
    })
    expect(grantOf(await ask())).toMatchObject({ deliver: 'process' })
  })

  test('pending requests of one person are bounded', async () => {
    for (let i = 0; i < 50; i++) await ask({ targets: ['prod'] })
    await expect(ask({ targets: ['prod'] })).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(ask({ targets: ['prod'] }, ann)).resolves.toMatchObject({ state: 'pending' })
  })

  test('explain says what would be, and changes nothing', async () => {
    expect(await approvals.explain(rob, wanted({ targets: ['dev', 'closed'] }))).toEqual({
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
    expect(await story(store)).toEqual([])
  })
})

describe('the same idempotency key', () => {
  test('with the same body gives the first request, as it stands now', async () => {
    const first = await approvals.ask(rob, wanted({ targets: ['prod'] }), 'k')
    await approvals.approve(ann, first.id)
    expect(await approvals.ask(rob, wanted({ targets: ['prod'] }), 'k')).toMatchObject({
      id: first.id,
      state: 'approved',
    })
  })

  test('with another body is a conflict', async () => {
    await approvals.ask(rob, wanted(), 'k')
    await expect(approvals.ask(rob, wanted({ durationSeconds: 60 }), 'k')).rejects.toMatchObject({ code: 'conflict' })
  })

  test('of another person is another key', async () => {
    const mine = await approvals.ask(rob, wanted(), 'k')
    expect((await approvals.ask(eve, wanted(), 'k')).id).not.toBe(mine.id)
  })

  test('after a refusal is free again', async () => {
    await expect(approvals.ask(rob, wanted({ targets: ['closed'] }), 'k')).rejects.toMatchObject({ code: 'denied' })
    await expect(approvals.ask(rob, wanted(), 'k')).resolves.toMatchObject({ state: 'approved' })
  })

  test.each([[''], ['a b'], ['ü'], ['x'.repeat(129)]])('%j is no key', async (key) => {
    await expect(approvals.ask(rob, wanted(), key)).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('deciding', () => {
  test('an approval makes the grant, and names who and why', async () => {
    const { id } = await ask({ targets: ['dev', 'prod'] })
    const approved = await approvals.approve(ann, id)
    expect(approved).toMatchObject({
      state: 'approved',
      decision: { by: 'people', people: [ann.person], policies: ['rule-dev', 'rule-prod', 'approve-prod'] },
      needs: [{ target: 'dev' }, { target: 'prod', approvedBy: [ann.person] }],
      grants: [{ target: 'dev' }, { target: 'prod' }],
    })
    expect(await approvals.get(rob, id)).toEqual(approved)
    expect(await story(store)).toEqual(['request.asked', 'request.endorsed', 'request.approved'])
  })

  test('a quorum counts distinct people: the same person twice is one', async () => {
    const { id } = await ask({ targets: ['vault'] })
    expect(await approvals.approve(ann, id)).toMatchObject({ state: 'pending', needs: [{ approvedBy: [ann.person] }] })
    const otherKey = caller('ann', { jkt: 'second laptop' })
    expect(await approvals.approve(otherKey, id)).toMatchObject({ state: 'pending' })
    expect(await story(store)).toEqual(['request.asked', 'request.endorsed'])
    expect(await approvals.approve(bob, id)).toMatchObject({ state: 'approved', grants: [{ target: 'vault' }] })
  })

  test('each target needs its own approvers', async () => {
    policy.approvers.set('ann', ['prod']).set('bob', ['vault']).set('cat', ['vault'])
    const { id } = await ask({ targets: ['prod', 'vault'] })
    for (const each of [ann, bob]) expect(await approvals.approve(each, id)).toMatchObject({ state: 'pending' })
    expect(await approvals.approve(cat, id)).toMatchObject({ state: 'approved' })
  })

  test('nobody approves or denies his own request, whatever policy says, and under no other key or address', async () => {
    const { id } = await ask({ targets: ['prod'] }, ann)
    for (const self of [
      ann,
      caller('ann', { jkt: 'other', person: { ...ann.person, name: 'Alias', email: 'a@b.c' } }),
    ]) {
      await expect(approvals.approve(self, id)).rejects.toMatchObject({ code: 'denied' })
      await expect(approvals.deny(self, id, 'no')).rejects.toMatchObject({ code: 'denied' })
    }
    expect(await approvals.get(ann, id)).toMatchObject({ state: 'pending' })
  })

  test('the same subject of another issuer is another person', async () => {
    const { id } = await ask({ targets: ['prod'] }, ann)
    const namesake = caller('ann', { person: { ...ann.person, issuer: 'https://other.example' } })
    expect(await approvals.approve(namesake, id)).toMatchObject({ state: 'approved' })
  })

  test('to whom it is none of his business a request does not exist', async () => {
    const { id } = await ask({ targets: ['prod'] })
    const attempts = [
      approvals.get(eve, id),
      approvals.wait(eve, id, 1, never),
      approvals.approve(eve, id),
      approvals.deny(eve, id, 'no'),
      approvals.cancel(eve, id),
    ]
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a denial says who and why, and is final', async () => {
    const { id } = await ask({ targets: ['prod'] })
    expect(await approvals.deny(ann, id, 'use the replica')).toMatchObject({
      state: 'denied',
      decision: { outcome: 'denied', by: 'people', people: [ann.person], reason: 'use the replica' },
      grants: [],
    })
    await expect(approvals.approve(bob, id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/was already denied by ann at /),
    })
    await expect(approvals.cancel(rob, id)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('a denial without a reason is refused', async () => {
    const { id } = await ask({ targets: ['prod'] })
    await expect(approvals.deny(ann, id, ' ')).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await approvals.get(rob, id)).toMatchObject({ state: 'pending' })
  })

  test('only the requester cancels', async () => {
    const { id } = await ask({ targets: ['prod'] })
    await expect(approvals.cancel(ann, id)).rejects.toMatchObject({ code: 'denied' })
    expect(await approvals.cancel(rob, id)).toMatchObject({ state: 'cancelled' })
    await expect(approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/cancelled/),
    })
  })

  test('saying the same again is no error', async () => {
    const [one, two, three] = [
      await ask({ targets: ['prod'] }),
      await ask({ targets: ['prod'] }),
      await ask({ targets: ['prod'] }),
    ]
    const repeats = [
      () => approvals.approve(ann, one.id),
      () => approvals.deny(ann, two.id, 'no'),
      () => approvals.cancel(rob, three.id),
    ]
    for (const repeat of repeats) expect(await repeat()).toEqual(await repeat())
    await expect(approvals.approve(bob, one.id)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('past its time a request reads as expired, is decided by nobody, and the sweep writes it down once', async () => {
    const { id } = await ask({ targets: ['prod'] })
    clock.advance(HOUR)
    expect(await approvals.get(rob, id)).toMatchObject({ state: 'expired' })
    for (const late of [approvals.approve(ann, id), approvals.deny(ann, id, 'no'), approvals.cancel(rob, id)])
      await expect(late).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/expired without a decision/),
      })
    expect(await approvals.list(ann, 'to-review')).toEqual([])
    expect(await approvals.sweep()).toMatchObject({ expired: 1 })
    expect(await approvals.sweep()).toMatchObject({ expired: 0 })
    expect(await story(store)).toEqual(['request.asked', 'request.expired'])
  })

  test('the sweep works through more than one batch', async () => {
    for (const who of ['a', 'b', 'c']) for (let i = 0; i < 40; i++) await ask({ targets: ['prod'] }, caller(who))
    clock.advance(HOUR)
    expect(await approvals.sweep()).toMatchObject({ expired: 120 })
  })
})

describe('policy that changed since the request', () => {
  test('denies it at the approval, with a leaf', async () => {
    const { id } = await ask({ targets: ['prod'] })
    policy.rules.set('prod', { kind: 'refused', why: 'frozen' })
    await expect(approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'denied',
      message: 'Policy no longer allows prod: frozen.',
    })
    expect(await approvals.get(rob, id)).toMatchObject({ state: 'denied', decision: { by: 'policy' }, grants: [] })
    expect(await story(store)).toEqual(['request.asked', 'request.denied'])
  })

  test('denies what is longer than now allowed', async () => {
    const { id } = await ask({ targets: ['prod'] })
    policy.maxDurationSeconds = 60
    await expect(approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/at most 1m now/),
    })
  })

  test('asks for more people where it now wants more', async () => {
    const { id } = await ask({ targets: ['prod'] })
    policy.rules.set('prod', { kind: 'people', approvers: [], quorum: 2 })
    expect(await approvals.approve(ann, id)).toMatchObject({ state: 'pending' })
    expect(await approvals.approve(bob, id)).toMatchObject({ state: 'approved' })
  })

  test('does not count the approval of somebody who may no longer approve', async () => {
    const { id } = await ask({ targets: ['vault'] })
    await approvals.approve(ann, id)
    policy.approvers.delete('ann')
    expect(await approvals.approve(bob, id)).toMatchObject({ state: 'pending' })
    expect(await approvals.approve(cat, id)).toMatchObject({
      state: 'approved',
      decision: { people: [bob.person, cat.person] },
    })
  })

  test('a quorum of nought still takes one person', async () => {
    policy.rules.set('prod', { kind: 'people', approvers: [], quorum: 0 })
    const { id, state } = await ask({ targets: ['prod'] })
    expect(state).toBe('pending')
    expect(await approvals.approve(ann, id)).toMatchObject({ state: 'approved' })
  })
})

describe('issuing', () => {
  test('permits one token for the holder, and the leaf is there before the answer', async () => {
    const grant = grantOf(await ask())
    const issue = await approvals.issue(rob, grant.id)
    expect(issue).toMatchObject({ grant, holder: rob.person, leaf: 3 })
    expect((await leavesOf(store)).at(-1)).toMatchObject({
      seq: 3,
      body: { kind: 'grant.issued', grant: grant.id, target: 'dev' },
    })
  })

  test("somebody else's grant does not exist", async () => {
    const { id } = grantOf(await ask())
    await expect(approvals.issue(eve, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(approvals.issue(rob, 'g_none')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('another key of the same person gets nothing, and the log tells of the attempt', async () => {
    const { id } = grantOf(await ask())
    await expect(approvals.issue(caller('rob', { jkt: 'stolen' }), id)).rejects.toMatchObject({ code: 'denied' })
    expect(await story(store)).toEqual(['request.asked', 'request.approved', 'grant.refused'])
  })

  test('policy is asked again: a refusal has its leaf, and the grant stays', async () => {
    const { id } = grantOf(await ask())
    policy.rules.set('dev', { kind: 'refused', why: 'frozen' })
    await expect(approvals.issue(rob, id)).rejects.toMatchObject({ code: 'denied' })
    expect((await story(store)).at(-1)).toBe('grant.refused')
    policy.rules.set('dev', { kind: 'automatic' })
    await expect(approvals.issue(rob, id)).resolves.toMatchObject({ grant: { state: 'active' } })
  })

  test('nothing before the start, nothing after the end', async () => {
    const startsAt = new Date(clock.now() + HOUR).toISOString()
    const request = await ask({ startsAt })
    expect(grantOf(request)).toMatchObject({ state: 'scheduled', startsAt })
    const { id } = grantOf(request)
    await expect(approvals.issue(rob, id)).rejects.toMatchObject({ code: 'grant_not_started' })
    clock.advance(HOUR + 1000)
    await expect(approvals.issue(rob, id)).resolves.toMatchObject({ grant: { state: 'active' } })
    clock.advance(HOUR)
    await expect(approvals.issue(rob, id)).rejects.toMatchObject({ code: 'grant_ended' })
    expect(grantOf(await approvals.get(rob, request.id))).toMatchObject({ state: 'ended', endReason: 'ttl' })
  })

  test('a grant decided after its wished start starts at the decision, for the whole time', async () => {
    const { id } = await ask({ targets: ['prod'], startsAt: new Date(clock.now() + 60_000).toISOString() })
    clock.advance(120_000)
    const { startsAt, endsAt, state } = grantOf(await approvals.approve(ann, id))
    expect(state).toBe('active')
    expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(HOUR)
  })
})

describe('ending a grant', () => {
  test('stops every further issue; ending it again changes nothing', async () => {
    const { id } = grantOf(await ask())
    const ended = await approvals.end(caller('rob', { jkt: 'phone' }), id, 'revoked')
    expect(ended).toMatchObject({ state: 'ended', endReason: 'revoked' })
    expect(await approvals.end(rob, id, 'revoked')).toEqual(ended)
    await expect(approvals.issue(rob, id)).rejects.toMatchObject({
      code: 'grant_ended',
      message: expect.stringMatching(/was revoked/),
    })
    expect(await story(store)).toEqual(['request.asked', 'request.approved', 'grant.ended'])
  })

  test('is for its holder and who approved it, for nobody else', async () => {
    const { id } = await ask({ targets: ['prod'] })
    const grant = grantOf(await approvals.approve(ann, id))
    for (const other of [bob, eve])
      await expect(approvals.end(other, grant.id, 'revoked')).rejects.toMatchObject({ code: 'not_found' })
    expect(await approvals.end(ann, grant.id, 'revoked')).toMatchObject({ state: 'ended' })
  })

  test('that ran out stays ended by its ttl', async () => {
    const { id } = grantOf(await ask())
    clock.advance(HOUR)
    expect(await approvals.end(rob, id, 'revoked')).toMatchObject({ state: 'ended', endReason: 'ttl' })
    expect(await story(store)).toEqual(['request.asked', 'request.approved'])
  })

  test.each(['ttl', 'killed'] as const)('is nothing that one does by hand for the reason %s', async (reason) => {
    const { id } = grantOf(await ask())
    await expect(approvals.end(rob, id, reason)).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('lists', () => {
  test('mine are mine, newest first; to review are pending ones that I may approve and did not ask', async () => {
    const first = await ask({ targets: ['prod'] })
    clock.advance(1)
    const second = await ask()
    const anns = await ask({ targets: ['prod'] }, ann)
    const ids = async (...args: Parameters<typeof approvals.list>) =>
      (await approvals.list(...args)).map(({ id }) => id)
    expect(await ids(rob, 'mine')).toEqual([second.id, first.id])
    expect(await ids(ann, 'to-review')).toEqual([first.id])
    expect((await ids(bob, 'to-review')).toSorted()).toEqual([first.id, anns.id].toSorted())
    expect(await ids(eve, 'to-review')).toEqual([])
  })
})

describe('waiting', () => {
  test('ends with the decision, at once where it fell in this process', async () => {
    const { id } = await ask({ targets: ['prod'] })
    const waiting = approvals.wait(rob, id, 25_000, never)
    await approvals.approve(ann, id)
    expect(await waiting).toMatchObject({ state: 'approved', grants: [{ target: 'prod' }] })
  })

  test('ends when another replica decides', async () => {
    const replica = await openSqliteStore(join(directory, 'endpoint.db'), clock)
    const { id } = await ask({ targets: ['prod'] })
    const waiting = approvals.wait(rob, id, 25_000, never)
    await approvalsOver(replica, policy, clock).deny(ann, id, 'no')
    expect(await waiting).toMatchObject({ state: 'denied' })
    await replica.close()
  })

  test('ends when the request expires', async () => {
    const { id } = await ask({ targets: ['prod'] })
    const waiting = approvals.wait(rob, id, 25_000, never)
    clock.advance(HOUR)
    expect(await waiting).toMatchObject({ state: 'expired' })
  })

  test('ends with the time allowed, or with the caller gone, and the request as it is', async () => {
    const { id } = await ask({ targets: ['prod'] })
    expect(await approvals.wait(rob, id, 20, never)).toMatchObject({ state: 'pending' })
    const gone = new AbortController()
    const waiting = approvals.wait(rob, id, 25_000, gone.signal)
    gone.abort()
    expect(await waiting).toMatchObject({ state: 'pending' })
  })

  test('is bounded per person', async () => {
    const { id } = await ask({ targets: ['prod'] })
    const gone = new AbortController()
    const fifty = Array.from({ length: 50 }, () => approvals.wait(rob, id, 25_000, gone.signal))
    await expect(approvals.wait(rob, id, 25_000, never)).rejects.toMatchObject({ code: 'rate_limited' })
    gone.abort()
    await Promise.all(fifty)
    await expect(approvals.wait(rob, id, 1, never)).resolves.toMatchObject({ state: 'pending' })
  })
})
