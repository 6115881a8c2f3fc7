import { describe, expect, test } from 'vitest'
import { appendBlock } from '../../../src/base/credentials-block.ts'
import { serveCredential } from '../../../src/client/served-credential.ts'
import { iso, NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'

const lines = [
  '[jit-prod-db]',
  'aws_access_key_id = ASIAFAKE',
  'aws_secret_access_key = a/b+c=',
  'aws_session_token = tok==',
]
const file = (id = 'grant_prod-db', own = lines): Buffer =>
  appendBlock(Buffer.from('[default]\naws_access_key_id = AKIAUSER\n'), { lease: id, expiresAt: 1, lines: own })

const serve = (leases = [lease('prod-db')], bytes: Buffer | undefined = file()) =>
  serveCredential('prod-db', { leases: () => leases, read: () => bytes, clock: new FakeClock(NOW, 600) })

describe('credential_process', () => {
  test('answers with the live lease from its own file', () => {
    expect(serve()).toEqual({
      Version: 1,
      AccessKeyId: 'ASIAFAKE',
      SecretAccessKey: 'a/b+c=',
      SessionToken: 'tok==',
      Expiration: iso(lease('prod-db').endsAt),
    })
  })

  test.each([
    ['no lease', []],
    ['a lease of another target', [lease('logs')]],
    ['a lease that is over', [lease('prod-db', { endsAt: NOW })]],
    ['a lease that is being wiped', [lease('prod-db', { state: 'wiping' as const })]],
  ])('%s: says what to type', (_name, leases) => {
    expect(() => serve(leases)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', hint: 'Type: jit elevate prod-db --reason TEXT' }),
    )
  })

  test.each([
    ['the file is gone', undefined],
    ['the block is gone', Buffer.from('[default]\n')],
    ['the block is another lease’s', file('grant_other')],
    ['a key is gone', file('grant_prod-db', lines.slice(0, 2))],
  ])('%s: an error, never half a credential', (_name, bytes) => {
    expect(() =>
      serveCredential('prod-db', {
        leases: () => [lease('prod-db')],
        read: () => bytes,
        clock: new FakeClock(NOW, 600),
      }),
    ).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })
})
