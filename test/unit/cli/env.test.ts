import { expect, test } from 'vitest'
import { appendBlock } from '../../../src/base/credentials-block.ts'
import { runEnv } from '../../../src/cli/commands/env.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

const file = appendBlock(Buffer.alloc(0), {
  lease: 'grant_prod-db',
  expiresAt: 1,
  lines: ['[jit-prod-db]', 'aws_access_key_id = ASIAFAKE', 'aws_secret_access_key = s', 'aws_session_token = t'],
})

async function values(clouds: readonly Lease['entries'][number]['cloud'][]) {
  const held = lease('prod-db')
  const entries = held.entries.flatMap((entry) => clouds.map((cloud) => ({ ...entry, cloud })))
  const { ctx, out, note } = fakeContext({ leases: [{ ...held, entries }], file })
  await runEnv(ctx, { target: 'prod-db', shell: 'dotenv', values: true })
  expect(out.join('\n')).toContain('AWS_ACCESS_KEY_ID=ASIAFAKE')
  return note
}

test('--values of a target with several clouds says which have none', async () => {
  expect(await values(['aws', 'gcp', 'azure', 'kubernetes'])).toEqual([
    'prod-db: these are the keys of AWS alone; gcloud, az, kubectl take no values. Variables that lead all of them: jit env prod-db',
  ])
  expect(await values(['aws'])).toEqual([])
})
