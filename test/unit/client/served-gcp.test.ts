import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import type { Lease, Place } from '../../../src/client/leases/types.ts'
import type { ServingDeps } from '../../../src/client/served-credential.ts'
import { gcloudToken, serveGoogle } from '../../../src/client/served-gcp.ts'
import { NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'

const END = NOW + 3_000_000
const SLICE = NOW + 600_000
const [ACCESS, SUBJECT] = ['/run/g/gcp-jit-prod-db.access-token', '/run/g/gcp-jit-prod-db.subject-token']

const place = (path: string, kind: Place['kind'] = 'sealed'): Place => ({
  kind,
  cloud: 'gcp',
  profile: 'jit-prod-db',
  path,
  temp: '',
  redo: '',
  backup: '',
  existed: false,
  madeDirectories: [],
  secretHashes: [path],
})
const held = (places = [place(ACCESS), place(SUBJECT)], validUntil = SLICE, renewAt?: number): Lease =>
  lease('prod-db', {
    endsAt: END,
    places,
    entries: [
      {
        cloud: 'gcp',
        profile: 'jit-prod-db',
        role: 'principal://x',
        sink: 'gcp-process',
        deliver: 'process',
        asDefault: false,
        validUntil,
        ...(renewAt === undefined ? {} : { renewAt }),
      },
    ],
  })
const deps = (of: readonly Lease[], more: Partial<ServingDeps> = {}): ServingDeps => ({
  leases: () => of,
  read: (path) => Buffer.from(`plain ${path}\n`),
  readSealed: async ({ lease: id, cloud, path }) => `${id} ${cloud} ${path}`,
  renewed: () => Promise.reject(new Error('nothing is to be renewed')),
  clock: new FakeClock(NOW, 600),
  ...more,
})
const answer = (token: string, end: number) => ({
  version: 1,
  success: true,
  token_type: 'urn:ietf:params:oauth:token-type:jwt',
  id_token: token,
  expiration_time: Math.floor(end / 1000),
})

describe('jit gcp-credential', () => {
  test('prints the grant token out of its sealed file, until the slice ends', async () => {
    expect(await serveGoogle('prod-db', deps([held()]))).toEqual(answer(`grant_prod-db gcp ${SUBJECT}`, SLICE))
    const own = held([place(SUBJECT, 'own')])
    expect(await serveGoogle('prod-db', deps([own]))).toEqual(answer(`plain ${SUBJECT}`, SLICE))
  })

  test('renews a slice that is all but over', async () => {
    const renewed = async () => held(undefined, NOW + 900_000)
    const over = held(undefined, NOW + 1_000, NOW)
    expect(await serveGoogle('prod-db', deps([over], { renewed }))).toMatchObject({
      success: true,
      expiration_time: (NOW + 900_000) / 1000,
    })
  })

  test('fetches anew what went with a reboot', async () => {
    let isThere = false
    const renewed: ServingDeps['renewed'] = async (of) => ((isThere = true), of)
    const read = () => (isThere ? Buffer.from('sealed') : undefined)
    expect(await serveGoogle('prod-db', deps([held()], { renewed, read }))).toMatchObject({ success: true })
  })

  test.each<[string, ServingDeps, string]>([
    ['no lease', deps([]), 'NOT_FOUND'],
    ['an impersonated account, which has none', deps([held([place(ACCESS)])]), 'USAGE'],
    [
      'a key store that does not answer',
      deps([held()], { readSealed: () => Promise.reject(new JitError('SECRET_STORE', 'Locked.', 'Unlock it.')) }),
      'SECRET_STORE',
    ],
    [
      'a grant that was ended',
      deps([held(undefined, NOW, NOW)], {
        renewed: () => Promise.reject(new JitError('GRANT_ENDED', 'It was revoked.', 'Ask again.')),
      }),
      'GRANT_ENDED',
    ],
  ])('%s: says so in the form that the libraries show', async (_name, given, code) => {
    const { success, ...said } = await serveGoogle('prod-db', given)
    expect([success, said]).toEqual([false, { version: 1, code, message: expect.stringMatching(/^jit: /) }])
  })

  test('a bug stays a bug', async () => {
    const broken = deps([held()], { readSealed: () => Promise.reject(new TypeError('x')) })
    await expect(serveGoogle('prod-db', broken)).rejects.toBeInstanceOf(TypeError)
  })
})

test('gcloud gets the sealed access token, and nothing where it reads a file by itself', async () => {
  const of = held()
  expect(await gcloudToken(of, deps([of]))).toBe(`grant_prod-db gcp ${ACCESS}`)
  const files = held([place(ACCESS, 'own')])
  expect(await gcloudToken(files, deps([files]))).toBeUndefined()
  expect(await gcloudToken(lease('prod-db'), deps([]))).toBeUndefined()
})
