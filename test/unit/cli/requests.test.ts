import { describe, expect, test } from 'vitest'
import { requestsCommand, type RequestsOptions, runRequests } from '../../../src/cli/commands/requests.ts'
import type { AccessRequest } from '../../../src/contract/request.ts'
import { dana, eve, grant, iso, NOW, request } from '../../support/fake-approval.ts'
import { fakeContext } from '../../support/fake-context.ts'

describe('jit requests', () => {
  test('requests to review show reason, words and origin', async () => {
    const { ctx, out } = fakeContext({ review: [request('pending', {})] })
    await runRequests(ctx, { which: 'to-review', json: false })
    expect(out.join('\n')).toMatch(/req_1 .*slow query +cinema-opal-bronze-violin +laptop \(192\.0\.2\.7\)/)
  })

  test('requests to review show the words that the endpoint has of the other person’s key', async () => {
    const { ctx, out } = fakeContext({ review: [request('pending', {}, { fingerprint: 'amber-canyon-violin' })] })
    await runRequests(ctx, { which: 'to-review', json: false })
    expect(out.join('\n')).toContain('amber-canyon-violin')
  })

  test('own requests show words only where they are of this very key', async () => {
    const elsewhere = request('pending', {}, { id: 'req_2', fingerprint: 'amber-canyon-violin' })
    const { ctx, out } = fakeContext({ review: [request('pending', {}), elsewhere] })
    await runRequests(ctx, { which: 'mine', json: false })
    expect(out.join('\n')).toMatch(/req_1 .*cinema-opal-bronze-violin.*\n *req_2 .*\(other key\)/)
    expect(out.join('\n')).not.toContain('amber-canyon')
  })
})

describe('jit requests ID', () => {
  const one = { which: { id: 'req_1' }, json: false } as const

  test('is one request whole, with what to do about it', async () => {
    const asked = request('pending', { ticket: 'OPS-1' }, { ticket: 'OPS-1' })
    const { ctx, out, note } = fakeContext({ found: () => asked })
    await runRequests(ctx, one)
    expect(out).toEqual([
      'req_1',
      '  state: pending',
      expect.stringContaining(`  who: ${eve.name}`),
      '  targets: prod-db',
      '  for: 1h',
      '  reason: slow query',
      '  ticket: OPS-1',
      '  words: cinema-opal-bronze-violin',
      '  from: laptop (192.0.2.7, login: browser)',
      expect.stringMatching(/^ {2}asked: \d\d:\d\d$/),
      expect.stringMatching(/^ {2}open until: \d\d:\d\d \(30m left\)$/),
      '  needs: prod-db: 1 of Dana',
    ])
    expect(note).toEqual(['Come back to it: jit elevate --request req_1. Take it back: jit cancel req_1'])
  })

  test('says who decided and why, and what became of each grant', async () => {
    const decision = { outcome: 'approved', by: 'people', people: [dana], policies: [], at: iso(NOW) } as const
    const grants = [grant('prod-db'), grant('logs', { state: 'ended', endReason: 'killed' })]
    const more = { decision: { ...decision, reason: 'go\u001b[2J' }, grants, fingerprint: 'amber-canyon-violin' }
    const { ctx, out, note } = fakeContext({ found: () => request('approved', { targets: ['prod-db', 'logs'] }, more) })
    await runRequests(ctx, one)
    const text = out.join('\n')
    expect(text).toMatch(/ {2}decided: approved by Dana at \d\d:\d\d: go\[2J\n/)
    expect(text).toMatch(/ {2}grant: prod-db, active until \d\d:\d\d \(1h left\): grant_prod-db\n/)
    expect(text).toContain('  grant: logs, over (killed): grant_logs')
    expect(text).toContain('  words: (other key)')
    expect([text.includes('open until'), note]).toEqual([false, []])
  })

  test('of somebody else shows his words, and how to decide', async () => {
    const more = { requester: dana, fingerprint: 'amber-canyon-violin' }
    const { ctx, out, note } = fakeContext({ found: () => request('pending', {}, more) })
    await runRequests(ctx, one)
    expect(out).toContain('  words: amber-canyon-violin')
    expect(note).toEqual([expect.stringContaining('jit approve req_1')])
  })

  test.each<[string, Parameters<typeof fakeContext>[0], Partial<AccessRequest>, RegExp]>([
    [
      'of oneself with another key can be taken back, and come back to where it was asked',
      {},
      { fingerprint: 'amber-canyon-violin' },
      /^Come back to it on the machine that asked[^:]*\. Take it back: jit cancel req_1$/,
    ],
    [
      'of another job may be of this run, which collects',
      { flow: 'workload' },
      { fingerprint: 'amber-canyon-violin' },
      /^Come back to it: jit elevate --request req_1\./,
    ],
    [
      'that one has approved waits for others',
      {},
      {
        requester: dana,
        needs: [
          { target: 'prod-db', approval: { kind: 'people', approvers: ['Ana', 'Oli'], quorum: 2 }, approvedBy: [eve] },
        ],
      },
      /^You have approved it\. It waits for Ana, Oli\.$/,
    ],
  ])('%s', async (_what, fake, more, wanted) => {
    const { ctx, note } = fakeContext({ ...fake, found: () => request('pending', {}, more) })
    await runRequests(ctx, one)
    expect(note).toEqual([expect.stringMatching(wanted)])
  })

  test('--json is what the endpoint said', async () => {
    const asked = request('pending', {})
    const { ctx, out } = fakeContext({ found: () => asked })
    await runRequests(ctx, { ...one, json: true })
    expect(JSON.parse(out.join(''))).toEqual(asked)
  })

  test('excludes --to-review', async () => {
    const got: RequestsOptions[] = []
    const command = () => requestsCommand(fakeContext().ctx, async (_ctx, options) => void got.push(options))
    await command().parseAsync(['req_1', '--json'], { from: 'user' })
    expect(got).toEqual([{ which: { id: 'req_1' }, json: true }])
    await expect(command().parseAsync(['req_1', '--to-review'], { from: 'user' })).rejects.toMatchObject({
      code: 'USAGE',
    })
  })
})
