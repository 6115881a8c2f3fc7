import { describe, expect, test } from 'vitest'
import { type ExtendOptions, runExtend } from '../../../src/cli/commands/extend.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { timeOfDay } from '../../../src/cli/ui/time.ts'
import type { AccessRequest, NewRequest } from '../../../src/contract/request.ts'
import { grant, iso, NOW, request, target } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { BOOTED_SECONDS, type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'
import { awsCredential, seal } from '../../support/sealed-credential.ts'

const MINUTE = 60_000
/** Ends in ten minutes; asked for with this reason. */
const running = lease('prod-db', { id: 'grant_old', endsAt: NOW + 10 * MINUTE, deliver: 'process' })
const behind = request(
  'approved',
  { reason: 'slow query' },
  { id: 'req_0', ticket: 'T-1', grants: [{ ...grant('prod-db'), id: 'grant_old' }] },
)
/** What the endpoint gives for 40 minutes from now on. */
const longer = (more: Partial<AccessRequest> = {}): AccessRequest =>
  request(
    'approved',
    { durationSeconds: 2400 },
    { grants: [grant('prod-db', { endsAt: iso(NOW + 40 * MINUTE), deliver: 'process' })], ...more },
  )
const credentials: NonNullable<Fake['credentials']> = async (id, key) => ({
  grant: grant('prod-db', { id, endsAt: iso(NOW + 40 * MINUTE), deliver: 'process' }),
  credentials: [{ cloud: 'aws', profile: 'jit-prod-db', jwe: seal(key, awsCredential) }],
})

const at = (minutes: number): string => timeOfDay(NOW + minutes * MINUTE, NOW)

const options = (more: Partial<ExtendOptions> = {}): ExtendOptions => ({
  target: 'prod-db',
  bySeconds: 1800,
  waitMs: Number.POSITIVE_INFINITY,
  json: false,
  ...more,
})

function world(given: Fake = {}) {
  const heard: NewRequest[] = []
  const fake = { leases: [running], review: [behind], asked: longer(), credentials, heard, ...given }
  return { ...fakeContext(fake), heard }
}

describe('jit extend', () => {
  test('asks for what is left and half an hour more, in the words of the grant, and puts it in its place', async () => {
    const { ctx, calls, note, leasing, heard } = world()
    await runExtend(ctx, options())
    expect(heard).toEqual([
      {
        targets: ['prod-db'],
        durationSeconds: 2400,
        reason: 'slow query',
        ticket: 'T-1',
        deliver: 'process',
        host: 'laptop',
      },
    ])
    expect(calls).toEqual([
      'check jit-prod-db',
      expect.stringMatching(/^ask prod-db 2400 /),
      'credentials grant_prod-db',
      'write prod-db',
      'reaper',
      'queue grant_old',
      'end grant_old',
    ])
    expect(leasing.list().map(({ id }) => id)).toEqual(['grant_prod-db'])
    expect(note[0]).toBe(`prod-db ends at ${at(10)}. Asking for 30m more, until ${at(40)}.`)
    expect(note.at(-1)).toBe(`prod-db is yours until ${at(40)}, 30m longer. What uses it goes on.`)
    expect(note.join()).not.toContain('already yours')
  })

  test('goes by the end of a strict grant, not by the minute of silence that it is given', async () => {
    const written = { writtenAt: NOW, writtenAtBootSeconds: BOOTED_SECONDS, bootId: new FakeClock().bootId() }
    const strict = { ...running, ...written, channel: 'strict' } as const
    const { ctx, heard } = world({ leases: [strict] })
    await runExtend(ctx, options())
    expect(heard).toMatchObject([{ durationSeconds: 2400 }])
  })

  test('other words where they are given', async () => {
    const { ctx, heard } = world({ review: [] })
    await runExtend(ctx, options({ reason: 'still slow', ticket: 'T-2' }))
    expect(heard).toMatchObject([{ reason: 'still slow', ticket: 'T-2' }])
  })

  test('says so where the longest of the target leaves less', async () => {
    const targets = [target('prod-db', { maxDurationSeconds: 1500 })]
    const { ctx, heard, note } = world({
      targets,
      asked: request('approved', { durationSeconds: 1500 }, { grants: longer().grants }),
    })
    await runExtend(ctx, options())
    expect(heard).toMatchObject([{ durationSeconds: 1500 }])
    expect(note[0]).toBe(
      `prod-db ends at ${at(10)}. Asking for 15m more, until ${at(25)}. Not the 30m that you said: it is given for 25m at a time.`,
    )
  })

  test('asks nobody where the longest leaves nothing', async () => {
    const { ctx, calls } = world({ targets: [target('prod-db', { maxDurationSeconds: 620 })] })
    await expect(runExtend(ctx, options())).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('10m are left'),
    })
    expect(calls).toEqual([])
  })

  test('a grant that ends while people decide: an ordinary elevation, and it says so', async () => {
    let lapse = (): void => undefined
    const { ctx, leasing, note, calls } = world({
      asked: longer({ state: 'pending', grants: [] }),
      found: () => {
        lapse()
        return longer()
      },
    })
    lapse = () => void leasing.wipe(['grant_old'], 'ttl')
    await runExtend(ctx, options())
    expect(note.join('\n')).toContain('ended before the new one was there. What comes now is a new grant.')
    expect(note.join('\n')).toContain('prod-db is yours until')
    expect(calls).not.toContain('end grant_old')
  })

  test('without a decision: 5, and the grant stays; the same command comes back to the request', async () => {
    const given = {
      asked: longer({ state: 'pending', grants: [] }),
      found: () => longer({ state: 'pending', grants: [] }),
    }
    const { ctx, calls, leasing } = world(given)
    await expect(runExtend(ctx, options({ waitMs: 0 }))).rejects.toMatchObject({
      code: 'NO_DECISION',
      message: 'Request req_1 is not decided yet. prod-db stays as it is.',
    })
    await expect(runExtend(ctx, options({ waitMs: 0 }))).rejects.toMatchObject({ code: 'NO_DECISION' })
    expect(calls.filter((call) => call.startsWith('ask'))).toHaveLength(1)
    await expect(runExtend(ctx, options({ waitMs: 0, bySeconds: 3600 }))).rejects.toMatchObject({})
    expect(calls.filter((call) => call.startsWith('ask'))).toHaveLength(2)
    expect(leasing.list()).toEqual([running])
  })

  test('for programs: what it was and what it is', async () => {
    const { ctx, out } = world()
    await runExtend(ctx, options({ json: true }))
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      request: 'req_1',
      seamless: true,
      before: { grant: 'grant_old', endsAt: iso(NOW + 10 * MINUTE) },
      grants: [{ grant: 'grant_prod-db', target: 'prod-db', endsAt: iso(NOW + 40 * MINUTE) }],
    })
  })

  test.each<[string, Partial<Fake>, Partial<ExtendOptions>, string]>([
    ['nothing lives here', { leases: [] }, {}, 'NOT_FOUND'],
    ['another endpoint gave it', { leases: [{ ...running, endpoint: 'https://other.example' }] }, {}, 'LOGIN_NEEDED'],
    ['another login was given it', { leases: [{ ...running, holder: 'carol' }] }, {}, 'LOGIN_NEEDED'],
    ['nobody knows why it was asked for', { review: [] }, {}, 'USAGE'],
  ])('%s: nothing is asked', async (_name, given, more, code) => {
    const { ctx, calls } = world(given)
    await expect(runExtend(ctx, options(more))).rejects.toMatchObject({ code })
    expect(calls).toEqual([])
  })

  test('on a terminal, what is missing is asked for; elsewhere the error names it', async () => {
    const { ctx, note, choices } = world({ interactive: true, answers: ['prod-db', '30m'] })
    await runProgram(ctx, ['extend'])
    expect(choices).toEqual(['prod-db - 10m left'])
    expect(note.at(-1)).toContain('30m longer')
    await expect(runProgram(world().ctx, ['extend'])).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('jit extend TARGET --for 30m'),
    })
    await expect(runProgram(world().ctx, ['extend', 'prod-db'])).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'Add: --for 30m',
    })
  })

  test('what was delivered under another name goes with its grant', async () => {
    const old = { ...running, entries: running.entries.map((entry) => ({ ...entry, profile: 'jit-before' })) }
    const { ctx, leasing, calls } = world({ leases: [old] })
    await runExtend(ctx, options())
    expect(leasing.list().map(({ id }) => id)).toEqual(['grant_prod-db'])
    expect(calls).toContain('end grant_old')
  })
})
