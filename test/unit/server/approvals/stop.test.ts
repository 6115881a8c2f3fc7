import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StopCall } from '../../../../src/contract/stop.ts'
import { approvalsOver, caller, leavesOf, story } from '../../../support/approvals.ts'
import { ada, ann, bob, eve, grantOf, openWorld, rob, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
const never = new AbortController().signal
const mallory = caller('mallory')
let world: World

beforeEach(async () => {
  world = await openWorld()
  world.policy.administrators.push('mallory')
})
afterEach(() => world.close())

const withMail = caller('00u1', {
  person: { issuer: 'https://idp.example', subject: '00u1', name: 'Mia', email: 'Mia.Moss@Corp.Example' },
})
const robWithMail = { ...rob, person: { ...rob.person, email: 'rob@corp.example' } }
const withoutMail = caller('sam')
const job = caller('repo:octo/app', {
  flow: 'workload',
  workload: { provider: 'github', pipelines: ['deploy'], claims: {} },
})
const everybody: StopCall = { scope: 'all', reason: 'incident 42' }
const kill = (call: StopCall, who = ada) => world.approvals.throwStop(who, call)
const stateOf = async (id: string) => (await world.store.grant(id))?.endReason ?? 'live'

describe('throwing the kill switch', () => {
  test('ends what lives and what is to come, cancels what waits, and tells of each in the log', async () => {
    const live = grantOf(await world.ask())
    const later = grantOf(await world.ask({ startsAt: new Date(world.clock.now() + HOUR).toISOString() }))
    const pending = await world.ask({ targets: ['prod'] }, eve)
    const answer = await kill(everybody)
    expect(answer).toMatchObject({
      stop: { scope: 'all', reason: 'incident 42', by: ada.person },
      endedGrants: 2,
      cancelledRequests: 1,
    })
    expect(answer.stop).not.toHaveProperty('liftedAt')
    const view = await world.approvals.get(rob, live.requestId)
    expect(grantOf(view)).toMatchObject({ state: 'ended', endReason: 'killed' })
    expect(await stateOf(later.id)).toBe('killed')
    expect(await world.approvals.get(eve, pending.id)).toMatchObject({
      state: 'cancelled',
      decision: { people: [ada.person], reason: 'Elevating is stopped for everybody: incident 42' },
    })
    const bodies = (await leavesOf(world.store)).map(({ body }) => body)
    const by = { issuer: ada.person.issuer, subject: 'ada', jkt: 'key-of-ada', address: '192.0.2.7' }
    const { id: stop } = answer.stop
    expect(bodies.slice(-4)).toEqual([
      {
        kind: 'stop.thrown',
        stop,
        scope: 'all',
        reason: 'incident 42',
        by,
        policy: world.policy.hash,
        policies: ['rule-administer'],
      },
      { kind: 'grant.ended', grant: live.id, by, reason: 'killed', stop },
      { kind: 'grant.ended', grant: later.id, by, reason: 'killed', stop },
      { kind: 'request.cancelled', request: pending.id, by, stop },
    ])
  })

  test.each<[string, StopCall, readonly string[]]>([
    ['a subject', { scope: 'user', value: '00u1', reason: 'x' }, ['mia dev', 'mia prod']],
    ['a subject in other letters', { scope: 'user', value: ' 00U1', reason: 'x' }, ['mia dev', 'mia prod']],
    [
      'an e-mail address, or shows none though a person',
      { scope: 'user', value: 'mia.moss@corp.EXAMPLE', reason: 'x' },
      ['mia dev', 'mia prod', 'sam dev'],
    ],
    ['a target', { scope: 'target', value: 'dev', reason: 'x' }, ['job dev', 'mia dev', 'rob dev', 'sam dev']],
    ['a pipeline', { scope: 'pipeline', value: 'deploy', reason: 'x' }, ['job dev']],
    ['nobody known', { scope: 'user', value: 'mia', reason: 'x' }, []],
  ])('names %s, and nobody and nothing else', async (_, call, ended) => {
    const grants = new Map<string, string>()
    const add = async (name: string, asked: ReturnType<typeof world.ask>) => {
      const request = await asked
      const view = request.state === 'pending' ? await world.approvals.approve(ann, request.id) : request
      for (const grant of view.grants) grants.set(`${name} ${grant.target}`, grant.id)
    }
    await add('mia', world.ask({}, withMail))
    await add('mia', world.ask({ targets: ['prod'] }, withMail))
    await add('rob', world.ask({}, robWithMail))
    await add('rob', world.ask({ targets: ['test'] }, robWithMail))
    await add('sam', world.ask({}, withoutMail))
    await add('job', world.ask({}, job))
    expect((await kill(call)).endedGrants).toBe(ended.length)
    const killed: string[] = []
    for (const [name, id] of grants) if ((await stateOf(id)) === 'killed') killed.push(name)
    expect(killed.toSorted()).toEqual([...ended].toSorted())
  })

  test('of one grant ends it in one step and holds nothing up', async () => {
    const { id } = grantOf(await world.ask())
    const answer = await kill({ scope: 'grant', value: id, reason: 'mistake' })
    expect(answer).toMatchObject({ endedGrants: 1, cancelledRequests: 0, stop: { scope: 'grant', value: id } })
    expect(answer.stop.liftedAt).toBe(answer.stop.at)
    expect(await world.approvals.listStops(ada)).toEqual([])
    expect(await world.ask()).toMatchObject({ state: 'approved' })
    expect(await kill({ scope: 'grant', value: id, reason: 'again' })).toMatchObject({ endedGrants: 0 })
  })

  test('ends more than fit into one page, each once', async () => {
    for (let i = 0; i < 120; i++) await world.ask({ targets: ['dev', 'test'] }, caller(`p${i}`))
    for (let i = 0; i < 101; i++) await world.ask({ targets: ['prod'] }, caller(`q${i}`))
    expect(await kill(everybody)).toMatchObject({ endedGrants: 240, cancelledRequests: 101 })
    const told = (await story(world.store)).filter((kind) => kind === 'grant.ended' || kind === 'request.cancelled')
    expect(told).toHaveLength(341)
  })

  test('is for whom policy permits, and the attempt of another is in the log', async () => {
    const { id } = grantOf(await world.ask())
    await expect(kill(everybody, eve)).rejects.toMatchObject({ code: 'denied' })
    expect(await stateOf(id)).toBe('live')
    expect((await leavesOf(world.store)).at(-1)?.body).toMatchObject({
      kind: 'stop.refused',
      scope: 'all',
      by: { subject: 'eve' },
    })
    for (const value of ['dev', 'nope'])
      for (const scope of ['target', 'pipeline'] as const)
        await expect(kill({ scope, value, reason: 'is there one?' }, eve)).rejects.toMatchObject({ code: 'denied' })
  })

  test.each<[string, StopCall, string]>([
    ['no target of that name', { scope: 'target', value: 'prdo', reason: 'x' }, 'not_found'],
    ['no pipeline of that name', { scope: 'pipeline', value: 'dev', reason: 'x' }, 'not_found'],
    ['no pipeline', { scope: 'pipeline', reason: 'x' }, 'invalid_request'],
    ['no grant of that id', { scope: 'grant', value: 'g_none', reason: 'x' }, 'not_found'],
    ['nobody', { scope: 'user', reason: 'x' }, 'invalid_request'],
    ['somebody of everybody', { scope: 'all', value: 'rob', reason: 'x' }, 'invalid_request'],
    ['a name that drives the terminal', { scope: 'user', value: 'rob\u001b[2J', reason: 'x' }, 'invalid_request'],
    ['no reason', { scope: 'all', reason: ' ' }, 'invalid_request'],
  ])('with %s is refused, and stops nothing', async (_, call, code) => {
    await expect(kill(call)).rejects.toMatchObject({ code })
    expect(await story(world.store)).toEqual([])
    expect(await world.approvals.listStops(ada)).toEqual([])
  })

  test('said again by the same person for the same reason is the same stop', async () => {
    const first = await kill({ scope: 'user', value: 'rob', reason: 'x' })
    expect((await kill({ scope: 'user', value: 'ROB', reason: 'x' })).stop).toEqual(first.stop)
    expect((await kill({ scope: 'user', value: 'rob', reason: 'y' })).stop.id).not.toBe(first.stop.id)
    expect(await world.approvals.listStops(ada)).toHaveLength(2)
  })

  test('ends the wait of whoever waits for a decision', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    const waiting = world.approvals.wait(rob, id, 25_000, never)
    await kill(everybody)
    expect(await waiting).toMatchObject({ state: 'cancelled' })
  })

  test('is carried on by any sweep where its process died', async () => {
    const { id } = grantOf(await world.ask())
    const pending = await world.ask({ targets: ['prod'] })
    const dying = approvalsOver(
      { ...world.store, unendedGrants: () => Promise.reject(new Error('killed -9')) },
      world.policy,
      world.clock,
    )
    await expect(dying.throwStop(ada, everybody)).rejects.toThrow('killed -9')
    expect(await stateOf(id)).toBe('live')
    await expect(world.approvals.issue(rob, id)).rejects.toMatchObject({ code: 'denied' })
    await world.approvals.sweep()
    expect(await stateOf(id)).toBe('killed')
    expect(await world.approvals.get(rob, pending.id)).toMatchObject({ state: 'cancelled' })
    const [leaves] = [await story(world.store)]
    await world.approvals.sweep()
    expect(await story(world.store)).toEqual(leaves)
  })
})

describe('while a stop stands', () => {
  test.each<[string, StopCall, string]>([
    ['everybody', everybody, 'Elevating is stopped for everybody: incident 42.'],
    ['him', { scope: 'user', value: 'rob', reason: 'left.' }, 'Elevating is stopped for rob: left.'],
    ['the target', { scope: 'target', value: 'dev', reason: 'freeze' }, 'Elevating is stopped for dev: freeze.'],
  ])('of %s, nothing is asked or issued, and the refusal says why and who can lift it', async (_, call, message) => {
    const { id: grant } = grantOf(await world.ask())
    const { stop } = await kill(call)
    const refusal = { code: 'denied', message, hint: `ada, mallory can lift it: jit kill --lift ${stop.id}` }
    await expect(world.ask()).rejects.toMatchObject(refusal)
    await expect(world.ask({ targets: ['test', 'dev'] })).rejects.toMatchObject(refusal)
    expect((await leavesOf(world.store)).at(-1)?.body).toMatchObject({
      kind: 'request.refused',
      target: stop.scope === 'target' ? 'dev' : 'test',
      why: message.slice(0, -1),
    })
    await expect(world.approvals.issue(rob, grant)).rejects.toMatchObject({ code: 'grant_ended' })
    expect(await world.approvals.explain(rob, asking())).toMatchObject({
      targets: [{ approval: { kind: 'refused', why: message } }],
    })
  })

  const asking = () => ({ targets: ['dev'], durationSeconds: 60, reason: 'r', host: 'h' })

  test('a repeat of a request from before finds that request, and a target that one may not know of stays unknown', async () => {
    const before = await world.approvals.ask(rob, asking(), 'same-key')
    await kill(everybody)
    expect(await world.approvals.ask(rob, asking(), 'same-key')).toMatchObject({ id: before.id })
    await expect(world.ask({ targets: ['nope'] })).rejects.toMatchObject({ code: 'not_found' })
  })

  test.each<[string, string, StopCall]>([
    ['the requester', 'rob', { scope: 'user', value: 'rob', reason: 'x' }],
    ['the approver', 'ann', { scope: 'user', value: 'ann', reason: 'x' }],
    ['the target', 'prod', { scope: 'target', value: 'prod', reason: 'x' }],
  ])('of %s nobody is approved', async (_, value, call) => {
    const { id } = await world.ask({ targets: ['prod'] })
    const half = approvalsOver({ ...world.store, undecided: async () => [] }, world.policy, world.clock)
    await half.throwStop(ada, call)
    await expect(world.approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'denied',
      message: `Elevating is stopped for ${value}: x.`,
    })
    expect(await world.approvals.deny(bob, id, 'no')).toMatchObject({ state: 'denied' })
  })

  test('of an address nothing is asked without showing one, unless by a job', async () => {
    await kill({ scope: 'user', value: 'mia.moss@corp.example', reason: 'x' })
    await expect(world.ask({}, withoutMail)).rejects.toMatchObject({ code: 'denied' })
    await expect(world.ask({}, robWithMail)).resolves.toMatchObject({ state: 'approved' })
    await expect(world.ask({}, job)).resolves.toMatchObject({ state: 'approved' })
  })

  test('of one approver the others approve', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    await kill({ scope: 'user', value: 'ann', reason: 'x' })
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'approved' })
  })

  test('of an approver who said yes before takes his yes along until it is lifted', async () => {
    world.policy.rules.set('prod', { kind: 'people', approvers: [], quorum: 2 })
    const { id } = await world.ask({ targets: ['prod'] })
    await world.approvals.approve(ann, id)
    const { stop } = await kill({ scope: 'user', value: 'ann', reason: 'taken over' })
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'pending' })
    await world.approvals.liftStop(ada, stop.id)
    expect(await world.approvals.approve(bob, id)).toMatchObject({ state: 'approved' })
  })

  test('whoever comes too late to approve hears who cancelled it and why', async () => {
    const { id } = await world.ask({ targets: ['prod'] })
    await kill(everybody)
    await expect(world.approvals.approve(ann, id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/was cancelled by ada at .*: Elevating is stopped for everybody: incident 42\.$/),
    })
  })

  test.each([
    ['long', `repo:octo/app:ref:refs/heads/${'x'.repeat(900)}`],
    ['with white space that a text for people would lose', 'repo:octo/app:environment:my  prod '],
  ])('a job is named by its subject, however %s', async (_, subject) => {
    const job = caller(subject)
    const { id } = grantOf(await world.ask({}, job))
    await kill({ scope: 'user', value: subject, reason: 'x' })
    expect(await stateOf(id)).toBe('killed')
    await expect(world.ask({}, job)).rejects.toMatchObject({ code: 'denied' })
  })

  test('other people and other targets go on', async () => {
    await kill({ scope: 'user', value: 'rob', reason: 'x' })
    await kill({ scope: 'target', value: 'dev', reason: 'x' })
    const other = grantOf(await world.ask({ targets: ['test'] }, eve))
    await expect(world.approvals.issue(eve, other.id)).resolves.toBeDefined()
  })
})

describe('lifting a stop', () => {
  test('lets new requests through, brings nothing back, and is in the log', async () => {
    const { id: grant } = grantOf(await world.ask())
    const { stop } = await kill(everybody)
    expect(await world.approvals.listStops(ada)).toEqual([stop])
    const lifted = await world.approvals.liftStop(mallory, stop.id)
    expect(lifted).toMatchObject({ ...stop, liftedAt: expect.any(String) })
    expect(await world.approvals.liftStop(ada, stop.id)).toEqual(lifted)
    expect(await world.approvals.listStops(ada)).toEqual([])
    expect(await stateOf(grant)).toBe('killed')
    expect(await world.ask()).toMatchObject({ state: 'approved' })
    const kinds = await story(world.store)
    expect(kinds.filter((kind) => kind === 'stop.lifted')).toHaveLength(1)
  })

  test('is for whom policy permits; to others there are no stops to see either', async () => {
    const { stop } = await kill(everybody)
    await expect(world.approvals.liftStop(eve, stop.id)).rejects.toMatchObject({ code: 'denied' })
    await expect(world.approvals.liftStop(eve, 's_none')).rejects.toMatchObject({ code: 'denied' })
    await expect(world.approvals.listStops(eve)).rejects.toMatchObject({ code: 'denied' })
    await expect(world.approvals.liftStop(ada, 's_none')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('who stopped himself or everybody may lift it; nobody frees himself from somebody else', async () => {
    const own = await kill({ scope: 'user', value: 'ada', reason: 'lost my laptop' })
    await expect(world.ask({}, ada)).rejects.toMatchObject({ code: 'denied' })
    await expect(world.approvals.liftStop(ada, own.stop.id)).resolves.toHaveProperty('liftedAt')
    const theirs = await kill({ scope: 'user', value: 'MALLORY', reason: 'taken over' })
    await expect(world.approvals.liftStop(mallory, theirs.stop.id)).rejects.toMatchObject({ code: 'denied' })
    const byMail = await kill({ scope: 'user', value: 'mallory@corp.example', reason: 'taken over' })
    await expect(world.approvals.liftStop(mallory, byMail.stop.id)).rejects.toMatchObject({ code: 'denied' })
    const all = await kill(everybody, mallory)
    await expect(world.approvals.liftStop(ada, all.stop.id)).resolves.toHaveProperty('liftedAt')
    await expect(world.approvals.liftStop(ada, theirs.stop.id)).resolves.toHaveProperty('liftedAt')
  })
})
