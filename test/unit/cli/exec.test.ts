import { describe, expect, test } from 'vitest'
import { runProgram } from '../../../src/cli/program.ts'
import type { ApprovalApi } from '../../../src/client/approval/types.ts'
import type { Order } from '../../../src/client/elevation.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { dana, grant, iso, NOW, request } from '../../support/fake-approval.ts'
import { type Fake, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'
import { awsCredential, seal } from '../../support/sealed-credential.ts'

const ofProgram = (deliver: Lease['deliver'], more: Partial<Lease> = {}): Lease => {
  const found = lease('prod-db', { id: 'grant_other', deliver, usedBy: 'one-program', ...more })
  return { ...found, entries: found.entries.map((entry) => ({ ...entry, deliver })) }
}

const own = { ...grant('prod-db'), deliver: 'isolated' as const }
const decision = { outcome: 'approved' as const, by: 'people' as const, people: [dana], policies: [], at: iso(NOW) }
const approved = request('approved', { targets: ['prod-db'] }, { decision, grants: [own] })
const credentials: ApprovalApi['credentials'] = async (_id, key) => ({
  grant: own,
  credentials: [{ cloud: 'aws', profile: 'jit-prod-db', jwe: seal(key, awsCredential) }],
})

async function exec(given: Fake) {
  const fake = fakeContext({ asked: approved, credentials, ...given })
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

  test('and a grant that was elevated uses the latter, however soon that ends', async () => {
    const elevated = lease('prod-db', { id: 'grant_elevated', endsAt: NOW + 60_000 })
    for (const deliver of ['isolated', 'process'] as const) {
      const { used, note } = await exec({ leases: [elevated, ofProgram(deliver)] })
      expect([used, note]).toEqual([['grant_elevated'], []])
    }
  })

  test('that started it works with its grant, without a word', async () => {
    const env = { JIT_GRANTED_ID: 'grant_other' }
    const { used, note, calls } = await exec({ leases: [ofProgram('isolated')], env })
    expect([used, note, calls]).toEqual([['grant_other'], [], ['run aws']])
  })
})

test('a lease of jit exec says what it is for, and one that was elevated does not', async () => {
  const { elevate } = await fakeContext({ asked: approved, credentials }).ctx.elevation(() => undefined)
  const ask = { targets: ['prod-db'], reason: 'slow query', deliver: 'isolated' } as const
  const of = async (more: Pick<Order, 'usedBy'>) => elevate({ ask, waitMs: 0, ...more })
  expect(await of({ usedBy: 'one-program' })).toMatchObject({ delivered: [{ lease: { usedBy: 'one-program' } }] })
  expect(JSON.stringify(await of({}))).not.toContain('usedBy')
})
