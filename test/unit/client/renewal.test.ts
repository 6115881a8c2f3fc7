import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import { renewLease, type RenewalDeps } from '../../../src/client/renewal.ts'
import type { Leasing } from '../../../src/client/leasing.ts'
import type { CredentialsAnswer, PublicKey } from '../../../src/contract/grant.ts'
import type { AwsCredential } from '../../../src/contract/credential.ts'
import { sealTo } from '../../../src/server/exchange/seal.ts'
import { awsCredential, awsDelivery, leasingIn, newLease } from '../../support/aws-lease.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { iso } from '../../support/fake-approval.ts'
import { TempHome } from '../../support/temp-home.ts'

const ENDPOINT = newLease(new FakeClock()).endpoint
const SLICE_MS = 900_000

/** A home with a lease of one hour whose first slice is over, and an endpoint that gives the next one. */
async function machine(
  more: Partial<RenewalDeps> & {
    readonly holder?: () => string
    readonly credentials?: () => Promise<CredentialsAnswer>
  } = {},
) {
  const home = new TempHome()
  home.put('[default]\naws_access_key_id = AKIAUSER\n')
  const clock = new FakeClock()
  const leasing: Leasing = leasingIn(home, clock)
  const start = clock.now()
  const end = start + 3_600_000
  const first = awsDelivery('jit-prod-db').map((one) => ({
    ...one,
    validUntil: start + SLICE_MS,
    renewAt: start + 600_000,
  }))
  const seen = await leasing.write({ ...newLease(clock), holder: 'alice' }, first)
  clock.advance(600_000)
  let exchanges = 0
  const grant = {
    id: seen.id,
    requestId: 'r_1',
    target: seen.target,
    state: 'active' as const,
    startsAt: iso(start),
    endsAt: iso(end + 3_600_000), // whatever it says now
  }
  const credentials = async (_id: string, key: PublicKey): Promise<CredentialsAnswer> => {
    exchanges += 1
    const notAfter = iso(clock.now() + SLICE_MS)
    const next: AwsCredential = { ...awsCredential('NEXT'), notAfter, expiration: iso(clock.now() + 3_600_000) }
    const jwe = await (await sealTo(key))(next)
    return { grant, credentials: [{ cloud: 'aws', profile: 'jit-prod-db', jwe }] }
  }
  const deps: RenewalDeps = {
    leasing,
    connect: async () => ({
      login: () => ({ endpoint: ENDPOINT, holder: more.holder?.() ?? 'alice' }),
      api: { credentials: more.credentials ?? credentials, clockOffsetMs: () => 0 },
    }),
    exchange: async (credential) => credential,
    clock,
    signal: new AbortController().signal,
    ...more,
  }
  return {
    home,
    clock,
    leasing,
    seen,
    deps,
    end,
    exchanges: () => exchanges,
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

/** Somebody else logs in while the endpoint answers. */
function overtaken() {
  let holder = 'alice'
  const credentials = () => {
    holder = 'bob'
    return refuses('NOT_FOUND').credentials()
  }
  return { holder: () => holder, credentials }
}

const refuses = (code: 'GRANT_ENDED' | 'NOT_FOUND' | 'ENDPOINT_UNREACHABLE' | 'DENIED') => ({
  credentials: () => Promise.reject(new JitError(code, 'The endpoint says so.', 'Do this.')),
})

describe('the next slice', () => {
  test('takes the place of the last one; the lease ends when it did, and knows the old secret no more', async () => {
    using at = await machine()
    const now = at.clock.now()
    const renewed = await renewLease(at.deps, at.seen)
    expect(at.home.text()).toContain('aws_session_token = NEXT')
    expect(at.home.text()?.match(/aws_session_token/g)).toHaveLength(1)
    expect(renewed).toMatchObject({
      endsAt: at.end,
      entries: [{ validUntil: now + SLICE_MS, renewAt: now + 600_000 }],
    })
    expect(at.leasing.list()).toEqual([renewed])
    expect(renewed.places.flatMap(({ secretHashes }) => secretHashes)).not.toContain(at.seen.places[0]?.secretHashes[0])
  })

  test('is fetched once: who comes with an old picture gets what is there', async () => {
    using at = await machine()
    const renewed = await renewLease(at.deps, at.seen)
    expect(await renewLease(at.deps, at.seen)).toEqual(renewed)
    expect(at.exchanges()).toBe(1)
  })
})

describe('where the endpoint says that the grant is over', () => {
  test.each(['GRANT_ENDED', 'NOT_FOUND'] as const)('(%s) nothing of it is left here', async (code) => {
    using at = await machine(refuses(code))
    await expect(renewLease(at.deps, at.seen)).rejects.toMatchObject({
      code: 'GRANT_ENDED',
      message: 'The grant for prod-db was ended at the endpoint: The endpoint says so.',
      hint: 'To ask anew: jit elevate prod-db --reason TEXT',
    })
    expect(at.leasing.list()).toEqual([])
    expect(at.home.text()).toBe('[default]\naws_access_key_id = AKIAUSER\n')
    // it knows of the end, and shall know of the wipe
    expect(at.leasing.outbox.list()).toMatchObject([{ kind: 'receipt', outcome: 'wiped' }])
  })
})

describe('where there is no next slice now, the old one stays', () => {
  test.each<[string, Parameters<typeof machine>[0], string]>([
    ['offline', refuses('ENDPOINT_UNREACHABLE'), 'ENDPOINT_UNREACHABLE'],
    ['denied by policy', refuses('DENIED'), 'DENIED'],
    [
      'not logged in, whatever that failure is called',
      { connect: () => Promise.reject(new JitError('NOT_FOUND', 'The login is gone.', 'Type: jit login')) },
      'NOT_FOUND',
    ],
    [
      'logged in at another endpoint',
      {
        connect: async () => ({
          login: () => ({ endpoint: 'https://other.example', holder: 'alice' }),
          api: { credentials: () => Promise.reject(new Error('told a stranger')), clockOffsetMs: () => 0 },
        }),
      },
      'LOGIN_NEEDED',
    ],
    ['logged in as somebody else', { holder: () => 'bob', ...refuses('NOT_FOUND') }, 'LOGIN_NEEDED'],
    ['logged in as somebody else over this call', overtaken(), 'LOGIN_NEEDED'],
    [
      'the cloud refuses what is left to us',
      { exchange: () => Promise.reject(new JitError('CLOUD_REFUSED', 'No.', 'Ask.')) },
      'CLOUD_REFUSED',
    ],
  ])('%s', async (_name, given, code) => {
    using at = await machine(given)
    const before = at.home.text()
    await expect(renewLease(at.deps, at.seen)).rejects.toMatchObject({ code })
    expect(at.leasing.list()).toEqual([at.seen])
    expect(at.home.text()).toBe(before)
  })
})

describe('a lease that ended here', () => {
  test('before: nobody is asked', async () => {
    using at = await machine()
    await at.leasing.wipe([at.seen.id], 'revoked')
    await expect(renewLease(at.deps, at.seen)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(at.exchanges()).toBe(0)
  })

  test.each<[string, (at: Awaited<ReturnType<typeof machine>>) => unknown]>([
    ['is wiped', ({ leasing, seen }) => leasing.wipe([seen.id], 'revoked')],
    ['runs out', ({ clock }) => clock.advance(3_600_000)],
  ])('while the endpoint answers (%s): what comes is not written, and the endpoint is not blamed', async (_n, ends) => {
    using at = await machine({
      exchange: async (credential) => {
        await ends(at)
        return credential
      },
    })
    await expect(renewLease(at.deps, at.seen)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(at.home.filesHolding('NEXTTOKEN')).toEqual([])
  })
})
