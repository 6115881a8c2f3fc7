import { describe, expect, test } from 'vitest'
import { type ElevateOptions, elevateCommand, runElevate } from '../../../src/cli/commands/elevate.ts'
import { JitError } from '../../../src/base/errors.ts'
import { outGranted } from '../../../src/cli/ui/elevate-text.ts'
import { request, target } from '../../support/fake-approval.ts'
import { type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

async function parse(argv: readonly string[], given: Fake = {}): Promise<ElevateOptions | undefined> {
  let got: ElevateOptions | undefined
  const command = elevateCommand(fakeContext(given).ctx, async (_ctx, options) => void (got = options))
  await command.parseAsync(argv, { from: 'user' })
  return got
}

const plain: ElevateOptions = {
  subject: { targets: ['prod-db'] },
  waitMs: Number.POSITIVE_INFINITY,
  explain: false,
  json: false,
}

describe('jit elevate: argv', () => {
  test.each<[string[], ElevateOptions]>([
    [['prod-db'], plain],
    [
      [
        'prod-db',
        'logs',
        '--for',
        '1h30m',
        '--reason',
        ' slow query ',
        '--ticket',
        'INC-1',
        '--deliver',
        'files',
        '--json',
      ],
      {
        ...plain,
        subject: {
          targets: ['prod-db', 'logs'],
          durationSeconds: 5400,
          reason: 'slow query',
          ticket: 'INC-1',
          deliver: 'files',
        },
        json: true,
      },
    ],
    [['prod-db', '--justification', 'x'], { ...plain, subject: { targets: ['prod-db'], reason: 'x' } }],
    [['prod-db', '--no-wait'], { ...plain, waitMs: 0 }],
    [['prod-db', '--wait-timeout', '5m'], { ...plain, waitMs: 300_000 }],
    [
      ['prod-db', '--at', '2026-11-21T13:00:00Z'],
      { ...plain, subject: { targets: ['prod-db'], startsAt: '2026-11-21T13:00:00.000Z' } },
    ],
    [['prod-db', '--for', '15s'], { ...plain, subject: { targets: ['prod-db'], durationSeconds: 15 } }],
    [
      ['prod-db', '--reason', `${' \n'.repeat(400)}${'x'.repeat(500)}`],
      { ...plain, subject: { targets: ['prod-db'], reason: 'x'.repeat(500) } },
    ],
    [['prod-db', '--explain'], { ...plain, explain: true }],
    [['--request', 'req_1'], { ...plain, subject: { request: 'req_1' } }],
  ])('%j', async (argv, wanted) => {
    expect(await parse(argv)).toEqual(wanted)
  })

  test.each<[string[], string]>([
    [['prod-db', '--for', '90'], 'for'],
    [['prod-db', '--for', '8d'], 'for'],
    [['prod-db', '--at', 'tomorrow'], 'at'],
    [['prod-db', '--at', '2026-11-21T11:00:00Z'], 'is over'],
    [['prod-db', '--for', '14s'], '15 seconds at least'],
    [['prod-db', '--at', '2026-12-21T12:00:00Z'], 'more than 7 days ahead'],
    [['prod-db', '--reason', 'x'.repeat(501)], 'The reason has 501 characters; 500 are allowed.'],
    [['prod-db', '--justification', 'a\u001bb'], 'U+001B'],
    [['prod-db', '--ticket', 'x'.repeat(101)], 'The ticket has 101 characters; 100 are allowed.'],
    [['prod-db', '--deliver', 'pigeon'], 'files'],
    [['prod-db', '--request', 'req_1'], '--request'],
    [['--request', 'req_1', '--explain'], '--request'],
  ])('refuses %j', async (argv, said) => {
    await expect(parse(argv)).rejects.toThrow(said)
  })

  test('flags come from the environment too; the command line wins', async () => {
    const env = { JIT_FOR: '2h', JIT_REASON: 'from the environment' }
    expect(await parse(['prod-db', '--reason', 'typed'], { env })).toEqual({
      ...plain,
      subject: { targets: ['prod-db'], durationSeconds: 7200, reason: 'typed' },
    })
    await expect(parse(['prod-db'], { env: { JIT_FOR: 'soon' } })).rejects.toThrow('JIT_FOR')
  })
})

describe('jit elevate', () => {
  const asked = { ...plain, subject: { targets: ['prod-db'], reason: 'slow query' } }

  test('without a terminal the error names the missing flag', async () => {
    await expect(runElevate(fakeContext().ctx, plain)).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'Add: --reason TEXT',
    })
    await expect(runElevate(fakeContext().ctx, { ...asked, subject: { targets: [] } })).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('TARGET'),
    })
  })

  test('on a terminal it asks for target and reason', async () => {
    const { ctx, calls } = fakeContext({ interactive: true, answers: ['logs', 'because'] })
    const options = { ...plain, subject: { targets: [] }, waitMs: 0 }
    await expect(runElevate(ctx, options)).rejects.toMatchObject({ code: 'NO_DECISION' })
    expect(calls.some((call) => call.startsWith('ask logs 3600'))).toBe(true)
  })

  test('--no-wait prints the request, says how to come back and ends with "no decision yet"', async () => {
    const { ctx, out, note } = fakeContext()
    await expect(runElevate(ctx, { ...asked, waitMs: 0, json: true })).rejects.toMatchObject({
      code: 'NO_DECISION',
      hint: 'Come back: jit elevate --request req_1. Take it back: jit cancel req_1',
    })
    expect(JSON.parse(out.join(''))).toEqual({
      request: 'req_1',
      state: 'pending',
      fingerprint: 'cinema-opal-bronze-violin',
      grants: [],
    })
    expect(note.join('\n')).toContain('cinema-opal-bronze-violin')
  })

  test('waiting shows who can approve, and the words to compare', async () => {
    const { ctx, note } = fakeContext({
      found: () => request('denied', {}),
    })
    await expect(runElevate(ctx, asked)).rejects.toMatchObject({ code: 'DENIED' })
    expect(note).toContain('Can approve: Dana. Words to compare: cinema-opal-bronze-violin')
  })

  test('what comes from the endpoint cannot steer the terminal', async () => {
    const approval = { kind: 'people', approvers: ['a\u001b]52;c;ZXZpbA==\u0007\u202eb'], quorum: 1 } as const
    const evil = request('pending', {}, { needs: [{ target: 'prod-db', approval, approvedBy: [] }] })
    const { ctx, note } = fakeContext({ asked: evil })
    await expect(runElevate(ctx, { ...asked, waitMs: 0 })).rejects.toMatchObject({ code: 'NO_DECISION' })
    expect(note.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  test('words that this machine did not come to itself are never shown', async () => {
    const { ctx, note, out } = fakeContext({
      asked: request('pending', {}, { fingerprint: 'amber-canyon-violin-kiwi' }),
    })
    await expect(runElevate(ctx, { ...asked, waitMs: 0, json: true })).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      hint: expect.stringContaining('jit cancel req_1'),
    })
    expect([...note, ...out].join('\n')).not.toContain('amber-canyon')
  })

  test('nor do other words take their place while it waits', async () => {
    const later = request('pending', {}, { fingerprint: 'amber-canyon-violin-kiwi' })
    const answers = [later, request('denied', {})]
    const { ctx, note } = fakeContext({ found: () => answers.shift() ?? request('denied', {}) })
    await expect(runElevate(ctx, asked)).rejects.toMatchObject({ code: 'DENIED' })
    expect(note).toContain('(Waiting for Dana (cinema-opal-bronze-violin))')
    expect(note.join('\n')).not.toContain('amber-canyon')
  })

  test('--explain asks nothing and names the deciding policy', async () => {
    const { ctx, out, calls } = fakeContext({ targets: [target('prod-db')] })
    await runElevate(ctx, { ...plain, explain: true })
    expect(out).toEqual(['prod-db for 1h (longest 1h): 1 of Dana', '  decided by: prod-needs-dana'])
    expect(calls.filter((call) => call.startsWith('ask'))).toEqual([])
  })
})

test('credentials whose JSON nobody could be given are named, and how to end them', () => {
  const { ctx } = fakeContext()
  const out = (): never => {
    throw new JitError('WRITE_FAILED', 'Standard output cannot be written (ENOSPC).', '')
  }
  const full = { ...ctx, terminal: { ...ctx.terminal, out } }
  expect(() => outGranted(full, [{ lease: lease('prod-db'), guides: [] }], {})).toThrow(
    expect.objectContaining({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(/\(ENOSPC\)\. The credentials are there all the same: prod-db \(until .+\)\.$/),
      hint: 'To see them: jit status --json. To end them: jit revoke prod-db',
    }),
  )
})
