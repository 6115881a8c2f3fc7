import { expect, test } from 'vitest'
import { printDelivered } from '../../../src/cli/ui/elevate-text.ts'
import { runStatus } from '../../../src/cli/commands/status.ts'
import { NOW, request } from '../../support/fake-approval.ts'
import { ENDPOINT, fakeContext } from '../../support/fake-context.ts'
import { lease } from '../../support/fake-leasing.ts'

const [plain, json] = [{ json: false }, { json: true }] as const
const queued = {
  kind: 'end',
  grant: 'grant_old',
  endpoint: ENDPOINT,
  target: 'old',
  reason: 'revoked',
  at: NOW,
} as const
const receipt = { ...queued, kind: 'receipt', outcome: 'wiped', machine: 'hash' } as const

test('says which receipts the endpoint does not have, unless its end is untold too', async () => {
  const alone = fakeContext({ outbox: [receipt] })
  await runStatus(alone.ctx, plain)
  expect(alone.note.join('\n')).toContain('old: wiped here, the endpoint has no receipt yet (grant_old).')
  const both = fakeContext({ outbox: [receipt, queued] })
  await runStatus(both.ctx, plain)
  expect(both.note.join('\n')).not.toContain('receipt')
  await runStatus(both.ctx, json)
  expect(JSON.parse(both.out.at(-1) ?? '')).toMatchObject({
    unconfirmed: [{ grant: 'grant_old', reason: 'revoked' }],
    receipts: [{ grant: 'grant_old', outcome: 'wiped' }],
  })
  expect(both.out.at(-1)).not.toContain('hash')
})

test('says when silence of the endpoint will wipe a strict grant', async () => {
  const strict = lease('prod-db', { channel: 'strict', writtenAt: NOW, writtenAtBootSeconds: 600, bootId: 'boot-1' })
  const { ctx, note, out, clock } = fakeContext({ leases: [strict] })
  clock.advance(20_000)
  await runStatus(ctx, plain)
  expect(note.join('\n')).not.toContain('no word')
  clock.advance(20_000)
  await runStatus(ctx, plain)
  expect(note.join('\n')).toContain('prod-db: no word from the endpoint for 40s; wiped in 20s.')
  await runStatus(ctx, json)
  expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({
    grants: [{ secondsLeft: 2960, channel: { rule: 'strict', silentSeconds: 40, wipedInSeconds: 20 } }],
  })
})

test.each([
  [{}, 'strict', 'as soon as this machine has not heard'],
  [{ JIT_KEY_STORE: 'memory' }, 'strict', 'it goes in 60 seconds, because nothing here'],
  [{ JIT_PASSPHRASE_FD: '3' }, 'strict', 'it goes in 60 seconds, because nothing here'],
  [{}, undefined, ''],
] as const)('jit elevate with %j says what the rule %s means', (env, channel, words) => {
  const { ctx, note } = fakeContext({ env })
  const delivered = [{ lease: lease('prod-db', channel === undefined ? {} : { channel }), guides: [] }]
  printDelivered(ctx, { kind: 'delivered', request: request('approved', {}), delivered }, plain)
  const said = note.filter((line) => line.startsWith('Strict'))
  expect(said.length).toBe(words === '' ? 0 : 1)
  expect(said.join('')).toContain(words)
})
