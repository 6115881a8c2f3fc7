import { describe, expect, test } from 'vitest'
import { appendBlock } from '../../../src/base/credentials-block.ts'
import { JitError } from '../../../src/base/errors.ts'
import type { Lease, Place } from '../../../src/client/leases/types.ts'
import { deliveredRegion, serveCredential, type ServingDeps } from '../../../src/client/served-credential.ts'
import { iso, NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'

const lines = [
  '[jit-prod-db]',
  'aws_access_key_id = ASIAFAKE',
  'aws_secret_access_key = a/b+c=',
  'aws_session_token = tok==',
  'region = eu-west-1',
]
const file = (id = 'grant_prod-db', own = lines): Buffer =>
  appendBlock(Buffer.from('[default]\naws_access_key_id = AKIAUSER\nregion = mars\n'), {
    lease: id,
    expiresAt: 1,
    lines: own,
  })

const keys = { AccessKeyId: 'ASIAFAKE', SecretAccessKey: 'a/b+c=', SessionToken: 'tok==' }
const END = NOW + 3_000_000

const place = (more: Partial<Place>): Place => ({
  kind: 'entry',
  cloud: 'aws',
  profile: 'jit-prod-db',
  path: '/home/eve/.aws/credentials',
  temp: '',
  redo: '',
  backup: '',
  existed: true,
  madeDirectories: [],
  secretHashes: ['h'],
  ...more,
})
function held(more: Partial<Lease> = {}, entry: Partial<Lease['entries'][number]> = {}): Lease {
  const entries = [
    {
      cloud: 'aws' as const,
      profile: 'jit-prod-db',
      role: 'arn:aws-cn:iam::111122223333:role/Admin',
      sink: 'aws-files',
      deliver: 'files' as const,
      asDefault: false,
      validUntil: END,
      ...entry,
    },
  ]
  return lease('prod-db', { endsAt: END, entries, places: [place({ format: 'aws-credentials' })], ...more })
}

const serve = (leases: readonly Lease[], more: Partial<ServingDeps> = {}) =>
  serveCredential('prod-db', {
    leases: () => leases,
    read: () => file(),
    readSealed: async () => {
      throw new Error('nothing is sealed here')
    },
    renewed: async () => {
      throw new Error('nothing is to be renewed')
    },
    clock: new FakeClock(NOW, 600),
    ...more,
  })

describe('credential_process', () => {
  test('answers with the live lease from its own file, and says which account it is', async () => {
    const wanted = { Version: 1, ...keys, Expiration: iso(END), AccountId: '111122223333' }
    expect(await serve([held()])).toEqual(wanted)
  })

  test('process mode: from the sealed file', async () => {
    const sealed = JSON.stringify({ Version: 1, ...keys, Expiration: iso(NOW), AccountId: '999999999999' })
    const asked: unknown[] = []
    const readSealed: ServingDeps['readSealed'] = async (of) => {
      asked.push(of)
      return sealed
    }
    const places = [
      place({ kind: 'sealed', path: '/run/aws.sealed' }),
      place({ format: 'aws-config', secretHashes: [] }),
    ]
    expect(await serve([held({ places }, { deliver: 'process' })], { readSealed })).toEqual({
      Version: 1,
      ...keys,
      Expiration: iso(END), // the lease knows better than the file what the clocks of this machine say
      AccountId: '111122223333',
    })
    expect(asked).toEqual([{ lease: 'grant_prod-db', cloud: 'aws', path: '/run/aws.sealed' }])
  })

  test('isolated: from a file that is wholly ours', async () => {
    const places = [
      place({ kind: 'own', path: '/run/config', secretHashes: [] }),
      place({ kind: 'own', path: '/run/keys' }),
    ]
    const read = (path: string): Buffer | undefined =>
      path === '/run/keys' ? Buffer.from(`${lines.join('\n')}\n`) : undefined
    expect(await serve([held({ places })], { read })).toMatchObject(keys)
  })

  test('never later than the stricter clock says: a wall clock that was set back buys no time', async () => {
    const clock = new FakeClock(NOW, 600)
    const lived = 1_000_000
    const setBack = new FakeClock(NOW - 7_200_000, 600 + lived / 1000)
    const { Expiration } = await serve([held({ writtenAt: NOW, writtenAtBootSeconds: 600 })], { clock: setBack })
    expect(Date.parse(Expiration)).toBe(setBack.now() + END - NOW - lived)
    expect(clock.now()).toBe(NOW)
  })

  test.each<[string, readonly Lease[]]>([
    ['no lease', []],
    ['a lease of another target', [lease('logs')]],
    ['a lease that is over', [held({ endsAt: NOW })]],
    ['a lease that is being wiped', [held({ state: 'wiping' })]],
  ])('%s: says what to type', async (_name, leases) => {
    await expect(serve(leases)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Type: jit elevate prod-db --reason TEXT',
    })
  })

  test.each([
    ['the file is gone', undefined],
    ['the block is gone', Buffer.from('[default]\n')],
    ['the block is another lease’s', file('grant_other')],
    ['a key is gone', file('grant_prod-db', lines.slice(0, 2))],
  ])('%s: an error, never half a credential', async (_name, bytes) => {
    await expect(serve([held()], { read: () => bytes })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a target without AWS says what to use', async () => {
    await expect(serve([held({}, { cloud: 'gcp' })])).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('jit env prod-db'),
    })
  })
})

describe('private files that went with a reboot', () => {
  const places = [place({ kind: 'sealed', path: '/run/aws.sealed' })]
  const lost = held({ places }, { deliver: 'process' })

  test('are fetched anew, though the slice has time left', async () => {
    let isThere = false
    const renewed: ServingDeps['renewed'] = async (lease) => {
      isThere = true
      return lease
    }
    const sealed = JSON.stringify({ Version: 1, ...keys, Expiration: iso(NOW), AccountId: '999999999999' })
    const read = (): Buffer | undefined => (isThere ? Buffer.from('sealed') : undefined)
    expect(await serve([lost], { renewed, read, readSealed: async () => sealed })).toMatchObject(keys)
  })

  test('and where that fails the reason is said', async () => {
    const renewed = async () => {
      throw new JitError('LOGIN_NEEDED', 'You are not logged in.', 'Type: jit login')
    }
    await expect(serve([lost], { renewed, read: () => undefined })).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
  })
})

describe('slices of a longer grant', () => {
  const slice = (secondsLeft: number): Lease => held({}, { validUntil: NOW + secondsLeft * 1000, renewAt: NOW })

  test.each([
    ['with time left in the slice', slice(61), iso(NOW + 61_000)],
    [
      'in the last slice, though it is all but over',
      held({ endsAt: NOW + 5_000 }, { validUntil: NOW + 5_000 }),
      iso(NOW + 5_000),
    ],
  ])('%s nobody is asked for more', async (_name, of, wanted) => {
    expect((await serve([of])).Expiration).toBe(wanted)
  })

  test.each([60, 1, 0, -5])('with %i s left in the slice the next one is fetched, once', async (seconds) => {
    const asked: string[] = []
    const renewed: ServingDeps['renewed'] = async ({ id }) => {
      asked.push(id)
      return held({}, { validUntil: NOW + 900_000 })
    }
    expect((await serve([slice(seconds)], { renewed })).Expiration).toBe(iso(NOW + 900_000))
    expect(asked).toEqual(['grant_prod-db'])
  })

  test('where the endpoint has ended the grant there is an error, though the slice has time left', async () => {
    const renewed = async () => {
      throw new JitError('GRANT_ENDED', 'The grant was ended.', 'Ask again.')
    }
    await expect(serve([slice(30)], { renewed })).rejects.toMatchObject({ code: 'GRANT_ENDED' })
  })

  test('a renewal that brings nothing better is no reason for an Expiration in the past', async () => {
    await expect(serve([slice(0)], { renewed: async (lease) => lease })).rejects.toMatchObject({ code: 'GRANT_ENDED' })
  })

  test('a slice that is over by the boot clock is over, though the wall clock was set back; what is left ends early', async () => {
    const clock = new FakeClock(NOW - 3_600_000, 600 + 120)
    const asked: string[] = []
    const renewed: ServingDeps['renewed'] = async ({ id }) => {
      asked.push(id)
      return held({}, { validUntil: NOW + 900_000 })
    }
    const set = { ...slice(119), writtenAt: NOW, writtenAtBootSeconds: 600 }
    const { Expiration } = await serve([set], { renewed, clock })
    expect(asked).toEqual(['grant_prod-db'])
    expect(Date.parse(Expiration)).toBeLessThan(clock.now() + 900_000)
  })

  test('where the endpoint cannot be reached, its reason is said once the slice is over, and not before', async () => {
    const renewed = async () => {
      throw new JitError('ENDPOINT_UNREACHABLE', 'The endpoint cannot be reached.', 'Try again.')
    }
    expect((await serve([slice(1)], { renewed })).Expiration).toBe(iso(NOW + 1_000))
    await expect(serve([slice(0)], { renewed })).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
  })
})

test('the region is that of our own profile', () => {
  expect(deliveredRegion(held(), { read: () => file() })).toBe('eu-west-1')
  expect(deliveredRegion(held(), { read: () => file('grant_other') })).toBeUndefined()
})
