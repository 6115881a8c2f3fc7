import { expect, test } from 'vitest'
import { runRevoke } from '../../../src/cli/commands/revoke.ts'
import { runSweep } from '../../../src/cli/commands/sweep.ts'
import { NOW } from '../../support/fake-approval.ts'
import { fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

test('jit sweep tries what is stuck at once, whenever its next attempt would be', async () => {
  const leases = [lease('prod-db', { state: 'stuck', attempts: 6, retryAt: NOW + 30_000 })]
  const mended = fakeContext({ leases })
  await runSweep(mended.ctx, { json: false })
  expect(mended.note).toEqual(['Ended prod-db: its credentials are gone from this machine.'])
  const { ctx } = fakeContext({ leases, stuck: ['prod-db'] })
  await expect(runSweep(ctx, { json: false })).rejects.toMatchObject({
    code: 'WIPE_FAILED',
    message: 'Still on this machine: prod-db (EACCES).',
  })
})

test.each([
  [{ loggedIn: false }, 'You are not logged in. Type: jit login'],
  [{ online: false }, 'It is tried again.'],
])('what the endpoint could not be told says what helps: %j', async (trouble, help) => {
  const { ctx, note } = fakeContext({ leases: [lease('prod-db')], ...trouble })
  await expect(runRevoke(ctx, { which: 'all', json: false })).rejects.toMatchObject({ code: 'REVOKE_UNCONFIRMED' })
  await runSweep(ctx, { json: false })
  expect(note.at(-1)).toBe(`The endpoint could not be told yet what ended here (1). ${help}`)
})
