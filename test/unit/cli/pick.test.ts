import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../../src/cli/program.ts'
import { inquirerAsk } from '../../../src/cli/ui/ask.ts'
import { request, target } from '../../support/fake-approval.ts'
import { type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

const ATTENDED = { interactive: true } as const
const ended = (given: Fake, ...argv: string[]) => {
  const fake = fakeContext({ ...ATTENDED, ...given })
  return { ...fake, running: runProgram(fake.ctx, argv) }
}

describe('the list of what may be asked for', () => {
  test('what is used most first, then by name; what policy refuses last, and not to be taken', async () => {
    const targets = [
      target('vault', { approval: { kind: 'refused', why: 'closed until Monday' } }),
      target('prod-db'),
      target('logs', { approval: { kind: 'automatic' }, maxDurationSeconds: 3600 }),
      target('archive'),
    ]
    const { running, choices } = ended(
      { targets, used: { logs: 900, vault: 5000 }, answers: ['logs'] },
      'elevate',
      '--explain',
    )
    await running
    expect(choices).toEqual([
      'logs - 1h at most, automatic',
      'archive - 4h at most, 1 of Dana, Eve',
      'prod-db - 4h at most, 1 of Dana, Eve',
      'vault [not for you: closed until Monday]',
    ])
  })

  test('nothing to ask for: 9 and who one is', async () => {
    await expect(ended({ targets: [] }, 'elevate', '--explain').running).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('jit whoami'),
    })
  })
})

describe('the list of what lives here', () => {
  const leases = [lease('prod-db'), lease('logs', { entries: [] })]

  test('jit revoke: all of them too, where there are several', async () => {
    const { running, choices, calls } = ended({ leases, answers: ['--all'] }, 'revoke')
    await running
    expect(choices).toEqual(['prod-db - 50m left', 'logs - 50m left', 'All of them'])
    expect(calls).toEqual(expect.arrayContaining(['wipe prod-db', 'wipe logs']))
    const one = ended({ leases: [lease('prod-db')], answers: ['prod-db'] }, 'revoke')
    await one.running
    expect(one.choices).toEqual(['prod-db - 50m left'])
  })

  test('jit console: those with a console', async () => {
    const { running, choices } = ended({ leases, answers: ['prod-db'] }, 'console')
    await expect(running).rejects.toThrow('no console here')
    expect(choices).toEqual(['prod-db - 50m left'])
  })

  test('what is over is not offered to be used, but to be ended', async () => {
    const over = [lease('prod-db', { endsAt: 0, state: 'stuck' })]
    await expect(ended({ leases: over }, 'env').running).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const { running, choices } = ended({ leases: over, answers: ['prod-db'] }, 'revoke')
    await running
    expect(choices).toEqual(['prod-db - 0s left'])
  })

  test.each([
    [['exec', '--', 'aws', 's3', 'ls']],
    [['exec', '--reason', 'x', '--', 'aws', 's3', 'ls']],
    [['exec', '--non-interactive', '--for', '15m', '--', 'aws', 's3', 'ls']],
    [['--non-interactive', 'exec', '--', 'aws', 's3', 'ls']],
  ])('%j names no target: the program is not taken for one', async (argv) => {
    const { running, programs } = ended({ interactive: false, leases }, ...argv)
    await expect(running).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('jit exec TARGET -- CMD'),
    })
    expect(programs).toEqual([])
  })

  test.each([
    [['exec', 'prod-db', '--', 'aws', 's3']],
    [['exec', '--reason', 'x', 'prod-db', '--', 'aws', 's3']],
    [['exec', '--non-interactive', 'prod-db', '--', 'aws', 's3']],
    [['exec', 'prod-db', '--for', '15m', '--', 'aws', 's3']],
  ])('%j does', async (argv) => {
    const { running, programs } = ended({ leases }, ...argv)
    await running
    expect(programs).toMatchObject([{ file: 'aws', args: ['s3'], env: { JIT_GRANTED_TARGET: 'prod-db' } }])
  })

  test('jit exec with nothing here offers what may be asked for', async () => {
    const { running, choices } = ended(
      { answers: ['logs', 'a reason'], asked: request('denied', { targets: ['logs'] }) },
      'exec',
      '--',
      'id',
    )
    await expect(running).rejects.toMatchObject({ code: 'DENIED' })
    expect(choices).toEqual(['logs - 4h at most, 1 of Dana, Eve', 'prod-db - 4h at most, 1 of Dana, Eve'])
  })
})

test('words of others cannot steer the terminal from a list', async () => {
  const screen = Object.assign(new PassThrough(), { columns: 60, rows: 24, isTTY: true })
  let written = ''
  const seen = new Promise<void>((done) => {
    screen.on('data', (part: Buffer) => {
      written += part.toString()
      if (written.includes('Log files')) done()
    })
  })
  const stop = new AbortController()
  const ask = inquirerAsk({
    stderr: () => screen as unknown as NodeJS.WriteStream,
    signal: stop.signal,
    utf8: true,
    busy: {
      begin: () => ({ show: () => undefined, stop: () => undefined }),
      during: (_text, work) => work(),
      aside: (work) => work(),
      around: (write) => write(),
    },
  })
  const evil = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u202e'
  const choice = { value: 'logs', label: `logs${evil} - 1h`, about: `Log files${evil}` }
  const picked = ask.pick(`What?${evil}`, [choice])
  await seen
  stop.abort()
  await expect(picked).rejects.toMatchObject({ code: 'INTERRUPTED', message: 'Interrupted: nothing was done.' })
  for (const steering of ['\u001b]52', '\u001b[2J', '\u202e', '\u0007']) expect(written).not.toContain(steering)
  expect(written).toContain(']52;c;ZXZpbA==[2J')
})
