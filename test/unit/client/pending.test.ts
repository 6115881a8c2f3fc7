import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import { deliverOutbox, endedGrants } from '../../../src/client/outbox-delivery.ts'
import { pendingRequests, sameRequest } from '../../../src/client/pending.ts'
import { fakeApproval, NOW, request } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { ENDPOINT, LOGIN, memoryRecords } from '../../support/fake-context.ts'
import { fakeLeasing } from '../../support/fake-leasing.ts'

describe('the open request that the same command comes back to', () => {
  const pending = pendingRequests(memoryRecords())
  pending.remember(request('pending', { targets: ['logs', 'prod-db'] }), { endpoint: ENDPOINT, clockOffsetMs: 0 })
  const asked = { targets: ['prod-db', 'logs'], durationSeconds: 3600, reason: 'slow query', host: 'laptop' }

  test('is found whatever the order of targets', () => {
    expect(sameRequest(pending.list(), asked, ENDPOINT, NOW)?.id).toBe('req_1')
  })

  test.each([
    ['another endpoint', asked, 'https://other.example', NOW],
    ['one that ran out', asked, ENDPOINT, NOW + 1_800_000],
    ['another duration', { ...asked, durationSeconds: 60 }, ENDPOINT, NOW],
    ['fewer targets', { ...asked, targets: ['logs'] }, ENDPOINT, NOW],
    ['another delivery', { ...asked, deliver: 'isolated' as const }, ENDPOINT, NOW],
  ])('is not %s', (_name, wanted, endpoint, now) => {
    expect(sameRequest(pending.list(), wanted, endpoint, now)).toBeUndefined()
  })
})

describe('queued ends of grants', () => {
  const entry = (grant: string, endpoint: string, at = NOW) => ({
    kind: 'end' as const,
    grant,
    endpoint,
    target: 'prod-db',
    reason: 'revoked' as const,
    at,
  })
  const month = 31 * 24 * 3_600_000

  test('go to their own endpoint alone; those that nobody needs any more go nowhere', async () => {
    const calls: string[] = []
    const entries = [
      entry('mine', ENDPOINT),
      entry('other', 'https://other.example'),
      entry('old', ENDPOINT, NOW - month),
    ]
    const { outbox } = fakeLeasing({ outbox: entries }, calls)
    const connect = async () => ({ login: () => LOGIN, api: fakeApproval({}, calls) })
    const told = await deliverOutbox({ outbox, connect, clock: new FakeClock(NOW) }, new AbortController().signal)
    expect(told).toEqual([entry('mine', ENDPOINT)])
    expect(calls).toEqual(['end mine'])
    expect(outbox.list().map(({ grant }) => grant)).toEqual(['other'])
  })

  test('go by the login that was given the grant alone; the others hear why not', async () => {
    const calls: string[] = []
    const entries = [
      { ...entry('mine', ENDPOINT), holder: LOGIN.holder },
      { ...entry('hers', ENDPOINT), holder: 'carol' },
      entry('anybodys', ENDPOINT), // as older versions wrote it
    ]
    const { outbox } = fakeLeasing({ outbox: entries }, calls)
    const why: unknown[] = []
    const connect = async () => ({ login: () => LOGIN, api: fakeApproval({}, calls) })
    const untold = (reason: unknown, about?: { readonly grant: string }): void => void why.push([about?.grant, reason])
    const clock = new FakeClock(NOW)
    await deliverOutbox({ outbox, connect, clock, untold }, new AbortController().signal)
    expect(calls).toEqual(['end mine', 'end anybodys'])
    expect(outbox.list().map(({ grant }) => grant)).toEqual(['hers'])
    expect(why).toEqual([
      ['hers', expect.objectContaining({ code: 'LOGIN_NEEDED', hint: expect.stringContaining(ENDPOINT) })],
    ])
  })

  test('stay where the answer was to another login than was asked with', async () => {
    let holder: string = LOGIN.holder
    const { outbox } = fakeLeasing({ outbox: [{ ...entry('mine', ENDPOINT), holder }] }, [])
    const endGrant = () => {
      holder = 'carol' // a renewal over this call found her login
      return Promise.reject(new JitError('NOT_FOUND', 'No.', 'Try.'))
    }
    const connect = async () => ({
      login: () => ({ endpoint: ENDPOINT, holder }),
      api: { ...fakeApproval({}, []), endGrant },
    })
    await deliverOutbox({ outbox, connect, clock: new FakeClock(NOW) }, new AbortController().signal)
    expect(outbox.list()).toHaveLength(1)
  })

  test.each([
    ['a record without a holder', 'NOT_FOUND', undefined, 1],
    ['a record without a holder', 'GRANT_ENDED', undefined, 0],
    ['a record with its holder', 'NOT_FOUND', LOGIN.holder, 0],
  ] as const)('of %s, an end that is answered with %s (holder %s) leaves %d', async (_, code, holder, left) => {
    const { outbox } = fakeLeasing({ outbox: [{ ...entry('mine', ENDPOINT), ...(holder && { holder }) }] }, [])
    const api = { ...fakeApproval({}, []), endGrant: () => Promise.reject(new JitError(code, 'No.', 'Try.')) }
    const connect = async () => ({ login: () => LOGIN, api })
    const told = await deliverOutbox({ outbox, connect, clock: new FakeClock(NOW) }, new AbortController().signal)
    expect([told.length, outbox.list().length]).toEqual([1 - left, left])
  })

  const receipt = { ...entry('mine', ENDPOINT), kind: 'receipt' as const, outcome: 'wiped' as const, machine: 'm' }

  test('and receipts are told side by side', async () => {
    const calls: string[] = []
    const { outbox } = fakeLeasing({ outbox: [entry('mine', ENDPOINT), receipt] }, calls)
    const connect = async () => ({ login: () => LOGIN, api: fakeApproval({}, calls) })
    const told = await deliverOutbox({ outbox, connect, clock: new FakeClock(NOW) }, new AbortController().signal)
    expect(calls.toSorted()).toEqual(['end mine', 'receipt mine wiped'])
    expect([...endedGrants(told)]).toEqual(['mine'])
    expect(outbox.list()).toEqual([])
  })

  test.each([
    ['NOT_FOUND', 0],
    ['DENIED', 0],
    ['ENDPOINT_UNREACHABLE', 1],
    ['LOGIN_NEEDED', 1],
    ['ENDPOINT_REFUSED', 1],
  ] as const)('a receipt that is answered with %s leaves %d', async (code, left) => {
    const { outbox } = fakeLeasing({ outbox: [receipt] }, [])
    const api = { ...fakeApproval({}, []), receipt: () => Promise.reject(new JitError(code, 'No.', 'Try.')) }
    const connect = async () => ({ login: () => LOGIN, api })
    await deliverOutbox({ outbox, connect, clock: new FakeClock(NOW) }, new AbortController().signal)
    expect(outbox.list()).toHaveLength(left)
  })

  test('nothing queued: nobody is asked to log in', async () => {
    const { outbox } = fakeLeasing({}, [])
    const connect = async () => {
      throw new Error('connected for nothing')
    }
    expect(await deliverOutbox({ outbox, connect, clock: new FakeClock(NOW) }, new AbortController().signal)).toEqual(
      [],
    )
  })
})
