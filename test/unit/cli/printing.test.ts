import { describe, expect, test } from 'vitest'
import { runApprove } from '../../../src/cli/commands/approve.ts'
import { runCancel } from '../../../src/cli/commands/cancel.ts'
import { runDeny } from '../../../src/cli/commands/deny.ts'
import { runLogin } from '../../../src/cli/commands/login.ts'
import { runLogout } from '../../../src/cli/commands/logout.ts'
import { timeOfDay } from '../../../src/cli/ui/time.ts'
import { runStatus } from '../../../src/cli/commands/status.ts'
import { runSweep } from '../../../src/cli/commands/sweep.ts'
import { runTargets } from '../../../src/cli/commands/targets.ts'
import { runWhoami } from '../../../src/cli/commands/whoami.ts'
import { noPaint } from '../../../src/cli/ui/paint.ts'
import { printDelivered } from '../../../src/cli/ui/elevate-text.ts'
import type { Entry } from '../../../src/client/leases/types.ts'
import type { Cloud } from '../../../src/contract/target.ts'
import { iso, NOW, request, target } from '../../support/fake-approval.ts'
import { ENDPOINT, type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

const plain = { json: false }
const json = { json: true }
const queued = {
  kind: 'end',
  grant: 'grant_old',
  endpoint: ENDPOINT,
  target: 'old',
  reason: 'revoked',
  at: NOW,
} as const

describe('jit status', () => {
  test('shows grants, time left by the stricter clock, and where each secret lies', async () => {
    const { ctx, out } = fakeContext({ leases: [lease('prod-db')] })
    await runStatus(ctx, plain)
    expect(out.join('\n')).toMatch(/prod-db +active +50m .*aws +jit-prod-db +\S+ +\/home\/eve\/.aws\/credentials/)
  })

  test('a wall clock set back shows no extra time', async () => {
    const { ctx, out, clock } = fakeContext({ leases: [lease('prod-db', { bootId: 'boot-1' })] })
    clock.advance(600_000)
    clock.setWall(NOW - 7_200_000)
    await runStatus(ctx, json)
    expect(JSON.parse(out.join(''))).toMatchObject({ grants: [{ secondsLeft: 2400 }] })
  })

  test('says what is stuck and what the endpoint does not know', async () => {
    const { ctx, note } = fakeContext({
      leases: [lease('prod-db', { state: 'stuck', lastError: 'EROFS' })],
      outbox: [queued],
    })
    await runStatus(ctx, plain)
    expect(note.join('\n')).toContain('prod-db: its credentials could not be removed (EROFS)')
    expect(note.join('\n')).toMatch(/old: ended here at (\d{4}-\d\d-\d\d )?\d\d:\d\d, the endpoint does not know yet/)
  })

  const failed = {
    grant: 'grant_prod-db',
    target: 'prod-db',
    outcome: 'failed',
    code: 'LOGIN_NEEDED',
    message: 'Your login has run out.',
    hint: 'Type: jit login',
    at: NOW,
  } as const
  const [entry] = lease('prod-db').entries
  const sliced = (validUntil: number) =>
    lease('prod-db', { entries: entry === undefined ? [] : [{ ...entry, validUntil, renewAt: NOW }] })

  test('says why a slice lapsed, or will, and what to type', async () => {
    const lapsed = fakeContext({ leases: [sliced(NOW)], notes: [failed] })
    await runStatus(lapsed.ctx, plain)
    expect(lapsed.note).toEqual([
      'prod-db: lapsed; aws no longer takes what lies here. Your login has run out. Type: jit login',
    ])
    const soon = fakeContext({ leases: [sliced(NOW + 1)], notes: [failed] })
    await runStatus(soon.ctx, plain)
    expect(soon.note).toEqual(['prod-db: could not be renewed yet. Your login has run out. Type: jit login'])
    await runStatus(soon.ctx, json)
    expect(JSON.parse(soon.out.at(-1) ?? '')).toMatchObject({
      grants: [{ renewal: { code: 'LOGIN_NEEDED', message: 'Your login has run out.', at: iso(NOW) } }],
    })
    const unknown = fakeContext({ leases: [sliced(NOW)] })
    await runStatus(unknown.ctx, plain)
    expect(unknown.note).toEqual([expect.stringMatching(/^prod-db: lapsed; .*jit whoami$/)])
  })

  test('says for a day what the endpoint has ended, unless there is a new grant for it', async () => {
    const ended = {
      ...failed,
      outcome: 'ended',
      code: 'GRANT_ENDED',
      message: 'It was revoked.',
      hint: 'Ask anew.',
    } as const
    const { ctx, note, clock } = fakeContext({ leases: [lease('logs')], notes: [ended] })
    await runStatus(ctx, plain)
    const at = timeOfDay(NOW, NOW)
    expect(note).toEqual([`${at}: It was revoked. Its credentials are gone from this machine. Ask anew.`])
    clock.advance(24 * 3_600_000)
    await runStatus(ctx, plain)
    expect(note).toHaveLength(1)
    const again = fakeContext({ leases: [lease('prod-db')], notes: [ended] })
    await runStatus(again.ctx, plain)
    expect(again.note).toEqual([])
  })

  test('needs neither login nor network', async () => {
    const { ctx, note } = fakeContext({ loggedIn: false, online: false })
    await runStatus(ctx, plain)
    expect(note).toEqual(['No grant is active on this machine. See what you may ask for: jit targets'])
  })

  test('lists open requests until they run out', async () => {
    const { ctx, out, pending, clock } = fakeContext()
    pending.remember(request('pending', {}), { endpoint: ENDPOINT, clockOffsetMs: 0 })
    await runStatus(ctx, plain)
    expect(out.join('\n')).toContain('req_1')
    clock.advance(1_800_001)
    await runStatus(ctx, json)
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ requests: [] })
  })
})

describe('what was delivered', () => {
  const entry = (cloud: Cloud, validUntil: number): Entry => ({
    cloud,
    profile: 'jit-prod-db',
    role: 'reader',
    sink: `${cloud}-files`,
    deliver: 'files',
    asDefault: false,
    validUntil,
  })
  const print = (given: Fake, entries: readonly Entry[]): readonly string[] => {
    const { ctx, note } = fakeContext(given)
    const delivered = lease('prod-db', { entries, places: [] })
    const guides = entries.map((each) => ({ entry: each, environment: {}, usage: [`use ${each.cloud}`] }))
    printDelivered(
      ctx,
      {
        kind: 'delivered',
        request: request('approved', { targets: ['prod-db'], durationSeconds: 3600, reason: 'x', host: 'laptop' }),
        delivered: [{ lease: delivered, guides }],
      },
      plain,
    )
    return note
  }

  test('says how to use each cloud, and which client is missing here', () => {
    const note = print({ missing: ['az'] }, [entry('gcp', NOW + 60_000), entry('azure', NOW + 60_000)])
    expect(note).toContain('  use gcp')
    expect(note).toContain('  use azure')
    expect(note.filter((line) => line.includes('is not installed here'))).toEqual([
      expect.stringMatching(/^az is not installed here/),
    ])
  })

  test('paints each line for itself', () => {
    const { ctx, note } = fakeContext()
    const faint = (...words: readonly unknown[]) => words.join('|') // as chalk, which joins whatever it is given
    const painted = {
      ...ctx,
      terminal: { ...ctx.terminal, paint: { ...ctx.terminal.paint, note: { ...noPaint, faint } } },
    }
    const entries = [entry('gcp', NOW + 60_000), entry('azure', NOW + 60_000)]
    const asked = request('approved', { targets: ['prod-db'], durationSeconds: 3600, reason: 'x', host: 'laptop' })
    const delivered = [{ lease: lease('prod-db', { entries }), guides: [] }]
    printDelivered(painted, { kind: 'delivered', request: asked, delivered }, plain)
    expect(note.filter((line) => line.includes('|'))).toEqual([])
  })

  test('says which cloud would still take a copy after the end here', () => {
    const note = print({}, [entry('gcp', NOW + 3_000_000), entry('azure', NOW + 3_000_000 + 3_600_000)])
    expect(note.filter((line) => line.includes('would still take a copy'))).toEqual([
      expect.stringMatching(/azure itself would still take a copy, until/),
    ])
  })

  test.each(['lapsed', 'live'])('status of a slice: %s', async (state) => {
    const { ctx, out, note } = fakeContext({
      leases: [lease('prod-db', { entries: [entry('gcp', state === 'lapsed' ? NOW - 1 : NOW + 60_000)] })],
    })
    await runStatus(ctx, plain)
    expect(out.join('').includes('lapsed')).toBe(state === 'lapsed')
    expect(note.some((line) => line.includes('no longer takes'))).toBe(state === 'lapsed')
  })
})

describe('what the endpoint says', () => {
  test('targets: one line each, safe to print, readable at 20 columns', async () => {
    const evil = target('prod-db', { description: 'ours\u001b[2J\u202eevil' })
    const wide = fakeContext({ targets: [evil] })
    await runTargets(wide.ctx, plain)
    expect(wide.out.join('\n')).toMatch(/prod-db +aws +111122223333 +Admin +4h +1 of Dana, Eve +ours\[2Jevil/)
    const narrow = fakeContext({ targets: [evil], columns: 20 })
    await runTargets(narrow.ctx, plain)
    expect(narrow.out.join('\n').split('\n').slice(0, 4)).toEqual([
      'prod-db',
      '  cloud: aws',
      '  account: 111122223333',
      '  role: Admin',
    ])
  })

  test('targets that are refused say so, and no duration; --json is what the endpoint said', async () => {
    const refused = target('vault', {
      approval: { kind: 'refused', why: 'no policy allows it.' },
      maxDurationSeconds: 0,
    })
    const { ctx, out } = fakeContext({ targets: [refused] })
    await runTargets(ctx, plain)
    expect(out.pop()).toMatch(/vault .* Admin +- +not for you: no policy allows it\./)
    await runTargets(ctx, json)
    expect(JSON.parse(out.join(''))).toEqual([refused])
  })

  test('whoami and its --json', async () => {
    const { ctx, out } = fakeContext()
    await runWhoami(ctx, plain)
    expect(out).toEqual([
      'Eve',
      'groups: dba',
      'endpoint: https://jit.example (login: browser)',
      'identity: eve at https://idp.example',
    ])
    await expect(runWhoami(fakeContext({ loggedIn: false }).ctx, plain)).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
  })
})

describe('deciding', () => {
  test('approve says for whom', async () => {
    const { ctx, note } = fakeContext()
    await runApprove(ctx, { id: 'req_1', json: false })
    expect(note).toEqual(['Approved (Eve: prod-db).'])
  })

  test('deny needs words: asked for on a terminal, named as a flag elsewhere', async () => {
    await expect(runDeny(fakeContext().ctx, { id: 'req_1', json: false })).rejects.toMatchObject({
      hint: 'Add: --reason TEXT',
    })
    const { ctx, calls } = fakeContext({ interactive: true, answers: ['use the replica'] })
    await runDeny(ctx, { id: 'req_1', json: false })
    expect(calls).toEqual(['deny req_1 use the replica'])
  })

  test('cancel forgets the request here too', async () => {
    const { ctx, pending } = fakeContext()
    pending.remember(request('pending', {}), { endpoint: ENDPOINT, clockOffsetMs: 0 })
    await runCancel(ctx, { id: 'req_1', json: false })
    expect(pending.list()).toEqual([])
  })
})

describe('logging in and out', () => {
  test('the address comes from the command line, then from settings, then from the user', async () => {
    const typed = fakeContext()
    await runLogin(typed.ctx, { endpoint: 'https://other.example', json: false })
    const known = fakeContext()
    await runLogin(known.ctx, { flow: 'device', json: false })
    const asked = fakeContext({ endpoint: undefined, interactive: true, answers: ['https://asked.example'] })
    await runLogin(asked.ctx, plain)
    expect([...typed.calls, ...known.calls, ...asked.calls]).toEqual([
      'login https://other.example any default',
      'login https://jit.example device default',
      'login https://asked.example any default',
    ])
  })

  test('in a job that speaks for itself nobody is logged in; the error says what works, and what is still to be set', async () => {
    const known = fakeContext({ job: 'GitHub Actions' })
    await expect(runLogin(known.ctx, { flow: 'device', json: false })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('the token of GitHub Actions'),
      hint: expect.stringMatching(/^Leave it out\. .*jit elevate TARGET.*jit --workload off login$/),
    })
    const unknown = fakeContext({ job: 'GitHub Actions', endpoint: undefined })
    await expect(runLogin(unknown.ctx, { endpoint: 'https://other.example', json: false })).rejects.toMatchObject({
      hint: expect.stringMatching(/^Leave it out, and set JIT_ENDPOINT_URL=https:\/\/other\.example\. /),
    })
    expect([...known.calls, ...unknown.calls]).toEqual([])
    const attended = fakeContext({ job: 'GitHub Actions', interactive: true })
    await runLogin(attended.ctx, plain)
    expect(attended.calls).toEqual(['login https://jit.example any default'])
  })

  test('no address and nobody to ask: the error names the argument', async () => {
    await expect(runLogin(fakeContext({ endpoint: undefined }).ctx, plain)).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'Type: jit login ENDPOINT_URL, or set JIT_ENDPOINT_URL',
    })
  })

  test('logout says what is still active', async () => {
    const { ctx, note } = fakeContext({ leases: [lease('prod-db')] })
    await runLogout(ctx, plain)
    expect(note).toEqual(['Logged out.', 'Still active on this machine: prod-db. End them: jit revoke --all'])
  })
})

describe('jit sweep', () => {
  test('ends what is over, sends what waits', async () => {
    const { ctx, calls, leasing } = fakeContext({
      leases: [lease('gone', { endsAt: NOW - 1 }), lease('prod-db')],
      outbox: [queued],
    })
    await runSweep(ctx, plain)
    expect(calls).toEqual(['wipe gone', 'end grant_old'])
    expect(leasing.queued()).toEqual([])
  })

  test('offline keeps the message; a secret that stays is exit 8', async () => {
    const { ctx, leasing } = fakeContext({
      leases: [lease('gone', { endsAt: NOW - 1 })],
      stuck: ['gone'],
      outbox: [queued],
      online: false,
    })
    await expect(runSweep(ctx, plain)).rejects.toMatchObject({ code: 'WIPE_FAILED' })
    expect(leasing.queued()).toEqual([queued])
  })
})
