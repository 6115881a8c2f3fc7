import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { LONGEST_CHANNEL_WAIT_SECONDS } from '../../../src/contract/channel.ts'
import { list, object, integer, string } from '../../../src/contract/narrow.ts'
import { PROBLEM_STATUS, type ProblemCode } from '../../../src/contract/problem.ts'
import { LOGIN } from '../../support/fake-context.ts'
import { fakeLeasing, lease } from '../../support/fake-leasing.ts'
import { manualClock } from '../../support/manual-clock.ts'
import type { ApprovalApi } from '../../../src/client/approval/types.ts'
import { holdChannel } from '../../../src/client/channel.ts'
import { grantNotesIn } from '../../../src/client/grant-notes.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { systemRandom } from '../../../src/platform/random.ts'
import { channelMachine, notLoggedIn } from '../../support/channel-machine.ts'
import { eventually } from '../../support/eventually.ts'

const readCall = object({ grants: list(string), waitSeconds: integer })
type Call = ReturnType<typeof readCall>
type Held = { readonly call: Call; readonly answer: (ended: readonly object[]) => void; readonly over: () => boolean }

/** An endpoint that holds each call until the test answers it. */
function holding() {
  const held: Held[] = []
  return {
    held,
    last: () => held.at(-1),
    listener: async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const call = await callIn(request)
      if (call.waitSeconds === 0) return json(response, { ended: [] })
      held.push({ call, answer: (ended) => json(response, { ended }), over: () => response.closed })
    },
  }
}

async function callIn(request: IncomingMessage): Promise<Call> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return readCall(JSON.parse(body), 'call')
}
const json = (response: ServerResponse, value: unknown, status = 200, type = 'application/json'): void =>
  void response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value))
const refusal = (code: ProblemCode) => (_: IncomingMessage, response: ServerResponse) =>
  json(
    response,
    { type: 'urn:x', title: code, status: PROBLEM_STATUS[code], code, detail: 'No.' },
    PROBLEM_STATUS[code],
    'application/problem+json',
  )

describe('a grant that the endpoint names', () => {
  test.each(['revoked', 'killed'] as const)('as %s is wiped, and a note says so; others stay', async (reason) => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    await at.write('g_2')
    at.tick()
    expect(await eventually(() => endpoint.last()?.call.grants, ['g_1', 'g_2'])).toEqual(['g_1', 'g_2'])
    expect(endpoint.last()?.call.waitSeconds).toBe(LONGEST_CHANNEL_WAIT_SECONDS)
    endpoint.last()?.answer([{ grant: 'g_1', reason }])
    expect(await eventually(() => at.held(), ['g_2'])).toEqual(['g_2'])
    expect(at.notes.list()).toMatchObject([{ grant: 'g_1', outcome: 'ended', code: 'GRANT_ENDED' }])
    expect(at.leasing.outbox.list()).toMatchObject([{ kind: 'receipt', grant: 'g_1', outcome: 'wiped' }])
  })

  test('as over by its time is wiped without a note', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    at.tick()
    await eventually(() => endpoint.held.length, 1)
    endpoint.last()?.answer([{ grant: 'g_1', reason: 'ttl' }])
    expect(await eventually(() => at.held(), [])).toEqual([])
    expect(at.notes.list()).toEqual([])
  })

  test('after it was revoked here is no news', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    await at.write('g_2')
    at.tick()
    await eventually(() => endpoint.held.length, 1)
    await at.leasing.wipe(['g_1'], 'revoked')
    endpoint.last()?.answer([{ grant: 'g_1', reason: 'revoked' }])
    expect(await eventually(() => endpoint.last()?.call.grants, ['g_2'])).toEqual(['g_2'])
    expect(at.notes.list()).toEqual([])
  })

  test('though nobody asked about it changes nothing', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    await at.write('g_2', { endpoint: 'https://other.example' })
    at.tick()
    expect(await eventually(() => endpoint.last()?.call.grants, ['g_1'])).toEqual(['g_1'])
    endpoint.last()?.answer([
      { grant: 'g_2', reason: 'revoked' },
      { grant: 'g_3', reason: 'revoked' },
    ])
    expect(await eventually(() => endpoint.held.length, 2)).toBe(2)
    expect(at.held()).toEqual(['g_1', 'g_2'])
  })
})

describe('a call under way', () => {
  test('ends and begins anew when a lease joins', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    at.tick()
    await eventually(() => endpoint.held.length, 1)
    await at.write('g_2')
    at.tick()
    expect(await eventually(() => endpoint.last()?.call.grants, ['g_1', 'g_2'])).toEqual(['g_1', 'g_2'])
    expect(await eventually(() => endpoint.held[0]?.over(), true)).toBe(true)
  })

  test('ends with the last lease, and with the reaper', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    at.tick()
    await eventually(() => endpoint.held.length, 1)
    await at.leasing.wipe(['g_1'], 'revoked')
    at.tick()
    expect(await eventually(() => endpoint.held[0]?.over(), true)).toBe(true)
    await at.write('g_2')
    at.tick()
    await eventually(() => endpoint.held.length, 2)
    at.stop()
    expect(await eventually(() => endpoint.held[1]?.over(), true)).toBe(true)
    expect(endpoint.held).toHaveLength(2)
  })

  test('that has slept with the machine is not waited for', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1')
    at.tick()
    await eventually(() => endpoint.held.length, 1)
    at.clock.advance(600_000)
    at.tick()
    expect(await eventually(() => endpoint.held.length, 2)).toBe(2)
  })

  test('of a machine with more grants than one call may name is about each of them, strict ones first', async () => {
    const leases = Array.from({ length: 101 }, (_, i) => lease(`t-${i}`, i === 100 ? { channel: 'strict' } : {}))
    const leasing = fakeLeasing({ leases }, [])
    const calls: Call[] = []
    const answered = new AbortController()
    const channel: ApprovalApi['channel'] = (call, signal) => {
      calls.push(call)
      if (call.waitSeconds === 0) return Promise.resolve({ ended: [] })
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    }
    const connect = async () => ({ login: () => LOGIN, ready: async () => undefined, api: { channel } })
    const machine = { leasing, notes: grantNotesIn(nodeFileSystem, '/nowhere'), connect, loginStamp: () => '' }
    holdChannel({ ...machine, clock: manualClock(), random: systemRandom, signal: answered.signal }).tick(leases)
    expect(await eventually(() => calls.map(({ grants }) => grants.length), [100, 1])).toEqual([100, 1])
    answered.abort()
    expect(calls[0]).toMatchObject({ grants: expect.arrayContaining(['grant_t-100']), waitSeconds: 0 })
    expect(calls[1]?.waitSeconds).toBeGreaterThan(0)
  })
})

/** What an endpoint, or something in its place, may do to a call. Each must leave what lies here, and be asked ever less often. */
const BAD: readonly [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
  ['breaks the connection', (request) => request.socket.destroy()],
  ['never answers', () => undefined],
  ['answers nonsense', (_, response) => void response.end('\u0000\u0001 nonsense')],
  [
    'answers a sign-in page',
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
  ],
  [
    'answers in another shape',
    (_, response) => json(response, { ended: [{ grant: 'g_1', reason: 'because' }, 'g_1', { id: 'g_1' }] }),
  ],
  ['answers a bare list', (_, response) => json(response, [{ grant: 'g_1', reason: 'revoked' }])],
  ['answers an empty object', (_, response) => json(response, {})],
  [
    'answers 204 with the right words',
    (_, response) => void response.writeHead(204).end(JSON.stringify({ ended: [{ grant: 'g_1', reason: 'revoked' }] })),
  ],
  [
    'answers 404 with the right words',
    (_, response) => json(response, { ended: [{ grant: 'g_1', reason: 'revoked' }] }, 404),
  ],
  [
    'cuts its answer in two',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '200' })
      response.write('{"ended":[{"grant":"g_1","reason":"revoked"}]}', () => response.destroy())
    },
  ],
  ['redirects', (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
  ['answers 500 without a word', (_, response) => void response.writeHead(500).end()],
  ['answers 503 of a proxy', (_, response) => void response.writeHead(503).end('<html>down</html>')],
  ['takes no token any more (401)', refusal('invalid_token')],
  ['wants another factor (401)', refusal('insufficient_user_authentication')],
  ['refuses the proof (401)', refusal('invalid_dpop_proof')],
  ['denies (403)', refusal('denied')],
  ['knows no channel (404)', refusal('not_found')],
  ['is asked too often (429)', refusal('rate_limited')],
  ['fails (500)', refusal('internal')],
  ['knows no identity provider (503)', refusal('idp_unavailable')],
]

describe('an endpoint that', () => {
  test.concurrent.each(BAD)('%s ends nothing, and is not asked in a tight loop', async (_what, listener) => {
    await using at = await channelMachine(listener)
    await at.write('g_1')
    at.tick()
    await at.pass(180)
    expect(at.held()).toEqual(['g_1'])
    expect(at.notes.list()).toEqual([])
    // From half a second to a quarter of a minute apart; one that takes no token is asked twice each time.
    expect(at.calls()).toBeGreaterThan(2)
    expect(at.calls()).toBeLessThan(40)
  })

  test('holds no call back is asked less and less, and still heard', async () => {
    let over: readonly object[] = []
    await using at = await channelMachine((_, response) => json(response, { ended: over }))
    await at.write('g_1')
    at.tick()
    await at.pass(180)
    expect(at.calls()).toBeLessThan(25)
    over = [{ grant: 'g_1', reason: 'revoked' }]
    await at.pass(31)
    expect(at.held()).toEqual([])
  })

  test('is behind a proxy that cuts long calls is heard in between', async () => {
    let over: readonly object[] = []
    await using at = await channelMachine(async (request, response) => {
      const { waitSeconds } = await callIn(request)
      if (waitSeconds > 0) request.socket.destroy()
      else json(response, { ended: over })
    })
    await at.write('g_1', { channel: 'strict' })
    at.tick()
    for (let i = 0; i < 12; i++) {
      at.clock.advance(9_000) // the proxy's patience
      await at.pass(1)
    }
    expect(at.leasing.due() ? await at.leasing.sweep() : []).toEqual([])
    over = [{ grant: 'g_1', reason: 'revoked' }]
    await at.pass(3)
    expect(at.held()).toEqual([])
  })

  test('went away and comes back is heard again', async () => {
    let isBack = false
    await using at = await channelMachine((request, response) =>
      isBack ? json(response, { ended: [{ grant: 'g_1', reason: 'killed' }] }) : request.socket.destroy(),
    )
    await at.write('g_1')
    at.tick()
    await at.pass(60)
    isBack = true
    await at.pass(31)
    expect(at.held()).toEqual([])
  })
})

describe('a machine where', () => {
  test('nobody is logged in asks nobody, and rarely looks; a login is noticed at once', async () => {
    const endpoint = holding()
    let login: string | undefined
    await using at = await channelMachine(endpoint.listener, {
      loginStamp: () => login ?? '',
      login: () => (login === undefined ? notLoggedIn() : undefined),
    })
    await at.write('g_1')
    at.tick()
    await at.pass(1800)
    expect([at.calls(), at.held()]).toEqual([0, ['g_1']])
    expect(at.connections()).toBeGreaterThan(2)
    expect(at.connections()).toBeLessThan(25)
    login = 'here'
    at.tick()
    expect(await eventually(() => endpoint.held.length, 1)).toBe(1)
  })

  test('the login is renewed for nothing, and the file of it changes each time, is no faster for that', async () => {
    let renewals = 0
    await using at = await channelMachine(holding().listener, {
      loginStamp: () => `login-${renewals}`,
      ready: () => {
        renewals++
        notLoggedIn()
      },
    })
    await at.write('g_1')
    at.tick()
    await at.pass(600)
    expect(renewals).toBeGreaterThan(2)
    expect(renewals).toBeLessThan(15)
  })

  test('all leases are of another endpoint asks nobody about them', async () => {
    const endpoint = holding()
    await using at = await channelMachine(endpoint.listener)
    await at.write('g_1', { endpoint: 'https://other.example' })
    at.tick()
    await at.pass(120)
    expect([at.calls(), at.held()]).toEqual([0, ['g_1']])
  })

  test('no lease lives opens no connection', async () => {
    await using at = await channelMachine(holding().listener)
    at.tick()
    await at.pass(30)
    expect(at.connections()).toBe(0)
  })
})
