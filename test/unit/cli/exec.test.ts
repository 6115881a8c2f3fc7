import { describe, expect, test } from 'vitest'
import { runProgram } from '../../../src/cli/program.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { approved, sealed } from '../../support/elevated.ts'
import { grant, NOW } from '../../support/fake-approval.ts'
import { type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

const ofProgram = (deliver: Lease['deliver'], more: Partial<Lease> = {}): Lease => {
  const found = lease('prod-db', { id: 'grant_other', deliver, usedBy: 'grant_other', ...more })
  return { ...found, entries: found.entries.map((entry) => ({ ...entry, deliver })) }
}

const own = { ...approved(), grants: [grant('prod-db', { deliver: 'isolated' })] }

async function exec(given: Fake) {
  const fake = fakeContext({ asked: own, credentials: sealed, ...given })
  await runProgram(fake.ctx, ['exec', 'prod-db', '--reason', 'slow query', '--', 'aws', 's3', 'ls'])
  return { ...fake, used: fake.programs.map(({ env }) => env['JIT_GRANTED_ID']) }
}

describe('jit exec beside another one', () => {
  test('has a grant of its own, says why it asks, and ends no other', async () => {
    const { used, note, calls, leasing } = await exec({ leases: [ofProgram('isolated')] })
    expect(used).toEqual(['grant_prod-db'])
    expect(note[0]).toMatch(/^prod-db: another jit exec holds .* its own\. To share one: jit elevate prod-db$/)
    expect(calls.filter((call) => call.startsWith('end'))).toEqual(['end grant_prod-db'])
    expect(leasing.list().map(({ id }) => id)).toEqual(['grant_other'])
  })

  test('whose grant cannot stand beside another uses that, and says until when', async () => {
    const { used, note, calls } = await exec({ leases: [ofProgram('process')] })
    expect(used).toEqual(['grant_other'])
    expect(note).toEqual([
      expect.stringMatching(
        /^prod-db: another jit exec holds .* at \d\d:\d\d at the latest\. To keep one: jit elevate/,
      ),
    ])
    expect(calls).toEqual(['run aws'])
  })

  test.each([
    ['over', { endsAt: NOW - 1 }],
    ['being taken away', { state: 'wiping' }],
    ['stuck', { state: 'stuck' }],
  ] as const)('whose grant is %s says nothing of it', async (_what, more) => {
    const { used, note } = await exec({ leases: [ofProgram('isolated', more)] })
    expect(used).toEqual(['grant_prod-db'])
    expect(note.filter((line) => line.includes('another jit exec'))).toEqual([])
  })

  test('and a grant that was elevated uses the latter, however soon that ends', async () => {
    const elevated = lease('prod-db', { id: 'grant_elevated', endsAt: NOW + 60_000 })
    for (const deliver of ['isolated', 'process'] as const) {
      const { used, note } = await exec({ leases: [elevated, ofProgram(deliver)] })
      expect([used, note]).toEqual([['grant_elevated'], []])
    }
  })

  test('that started it works with its grant, without a word, also where one was elevated meanwhile', async () => {
    const env = { JIT_GRANTED_ID: 'grant_other' }
    for (const others of [[], [lease('prod-db', { id: 'grant_elevated' })]]) {
      const { used, note, calls } = await exec({ leases: [ofProgram('isolated'), ...others], env })
      expect([used, note, calls]).toEqual([['grant_other'], [], ['run aws']])
    }
  })

  test('ends with its program what was put in the place of its grant meanwhile', async () => {
    const extended = ofProgram('process', { id: 'grant_longer', usedBy: 'grant_prod-db', state: 'stuck' })
    const { leasing, calls } = await exec({ leases: [extended] })
    expect(calls.filter((call) => call.startsWith('end')).toSorted()).toEqual(['end grant_longer', 'end grant_prod-db'])
    expect(leasing.list()).toEqual([])
  })
})

describe('a grant that a jit exec keeps to its program', () => {
  const COMMANDS = [
    ['env', 'prod-db', '--shell', 'bash'],
    ['credential-process', 'prod-db'],
    ['extend', 'prod-db', '--for', '30m'],
  ]
  test.each(COMMANDS)('is not taken by jit %s', async (...argv) => {
    const { ctx, out, calls } = fakeContext({ leases: [ofProgram('isolated')] })
    await expect(runProgram(ctx, argv)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('jit exec'),
    })
    expect([out, calls]).toEqual([[], []])
  })

  test('is what they work with inside of it', async () => {
    const env = { JIT_GRANTED_ID: 'grant_other' }
    const { ctx, out } = fakeContext({ leases: [ofProgram('isolated')], env })
    await runProgram(ctx, ['env', 'prod-db', '--shell', 'bash'])
    expect(out).toHaveLength(1)
  })
})
