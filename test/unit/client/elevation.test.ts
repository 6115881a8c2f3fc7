import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import type { Order, Progress } from '../../../src/client/elevation.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import type { LoginName } from '../../../src/client/leases/holder.ts'
import type { ApprovalApi } from '../../../src/client/approval/types.ts'
import { HttpError } from '../../../src/platform/http.ts'
import { approved, elevated, order, sealed } from '../../support/elevated.ts'
import { LOGIN } from '../../support/fake-context.ts'
import { eventually } from '../../support/eventually.ts'
import { dana, grant, iso, JKT, NOW, offline, request } from '../../support/fake-approval.ts'
import { lease } from '../../support/fake-leasing.ts'

const both = order({ ask: { targets: ['prod-db', 'logs'], reason: 'slow query' } })
const kinds = (told: readonly Progress[]): string[] => told.map(({ kind }) => kind)

describe('elevate', () => {
  test('checks this machine, asks, waits, and delivers', async () => {
    const { result, calls, told } = await elevated({ found: () => approved() })
    expect(await result).toMatchObject({ kind: 'delivered', delivered: [{ lease: { target: 'prod-db' } }] })
    expect(calls.map((call) => call.split(' ').slice(0, 2).join(' '))).toEqual([
      'check jit-prod-db',
      'ask prod-db',
      'wait for',
      'credentials grant_prod-db',
      'write prod-db',
      'reaper',
    ])
    expect(kinds(told)).toEqual(['asked', 'waiting', 'approved', 'delivering'])
  })

  test('times are the endpoint’s: a machine whose clock is ahead gets a lease of the same length', async () => {
    const { result, told } = await elevated({ asked: approved(), clockOffsetMs: 600_000 })
    const ends = Date.parse(grant('prod-db').endsAt) + 600_000
    expect(await result).toMatchObject({ delivered: [{ lease: { endsAt: ends } }] })
    expect(told).toContainEqual({ kind: 'clock', offsetMs: 600_000 })
  })

  test('a name that the user has taken is refused before anyone is asked', async () => {
    const { result, calls } = await elevated({ taken: ['jit-prod-db'] })
    await expect(result).rejects.toMatchObject({ code: 'PROFILE_TAKEN' })
    expect(calls).toEqual(['check jit-prod-db'])
  })

  test.each<[string, Order, string]>([
    ['unknown target', order({ ask: { targets: ['prod-bd'], reason: 'x' } }), 'NOT_FOUND'],
    ['too long', order({ ask: { targets: ['prod-db'], reason: 'x', durationSeconds: 5 * 3600 } }), 'USAGE'],
    [
      'a default that none can be',
      order({ ask: { targets: ['prod-db'], reason: 'x', asDefault: true, deliver: 'isolated' } }),
      'USAGE',
    ],
    ['two defaults', order({ ask: { targets: ['prod-db', 'logs'], reason: 'x', asDefault: true } }), 'USAGE'],
  ])('%s is refused before anyone is asked', async (_name, asked, code) => {
    const { result, calls } = await elevated({}, asked)
    await expect(result).rejects.toMatchObject({ code })
    expect(calls).toEqual([])
  })

  test('an answer that would deliver in another mode than was asked for is refused before credentials are fetched', async () => {
    const asked = order({ ask: { targets: ['prod-db'], reason: 'slow query', deliver: 'isolated' } })
    const { result, calls } = await elevated({ found: () => approved() }, asked)
    await expect(result).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: expect.stringContaining('isolated'),
    })
    expect(calls.filter((call) => /^(credentials|write)/.test(call))).toEqual([])
  })

  test.each([
    ['another key', { fingerprint: 'amber-canyon-violin-kiwi' }],
    ['another duration', request('pending', { durationSeconds: 7200 })],
    ['another target', request('pending', { targets: ['logs'] })],
  ])('an answer about %s than was asked is refused and not remembered', async (_what, other) => {
    const { result, told, pending } = await elevated({ asked: request('pending', {}, other) })
    await expect(result).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
    expect(told).toEqual([])
    expect(pending.list()).toEqual([])
  })

  test('there is no coming back to what another key asked', async () => {
    const other = request('approved', {}, { fingerprint: 'amber-canyon-violin-kiwi' })
    const { result, calls } = await elevated({ found: () => other }, order({ ask: { resume: 'req_1' } }))
    await expect(result).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
    expect(calls).toEqual(['look req_1'])
  })

  test('a lost answer is repeated under the same key', async () => {
    const lost = new JitError('ENDPOINT_UNREACHABLE', 'x', 'x', { cause: new HttpError('reset', 'reset') })
    const { result, calls } = await elevated({ asked: approved(), askFailures: [lost] })
    await result
    const asks = calls.filter((call) => call.startsWith('ask'))
    expect(asks).toHaveLength(2)
    expect(new Set(asks).size).toBe(1)
  })

  test('an endpoint that refuses the connection is not asked twice', async () => {
    const { result, calls } = await elevated({ askFailures: [offline()] })
    await expect(result).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    expect(calls.filter((call) => call.startsWith('ask'))).toHaveLength(1)
  })

  test('denied says who and why', async () => {
    const decision = {
      outcome: 'denied',
      by: 'people',
      people: [dana],
      policies: [],
      at: iso(NOW),
      reason: 'use the replica',
    } as const
    const { result, pending } = await elevated({ found: () => request('denied', {}, { decision }) })
    await expect(result).rejects.toMatchObject({
      code: 'DENIED',
      message: 'Dana denied request req_1: use the replica',
    })
    expect(pending.list()).toEqual([])
  })

  test.each(['expired', 'cancelled'] as const)('%s is no decision', async (state) => {
    const { result } = await elevated({ found: () => request(state, {}) })
    await expect(result).rejects.toMatchObject({ code: 'NO_DECISION' })
  })

  test('one that an administrator’s stop cancelled says who and why, and what has to come first', async () => {
    const decision = {
      outcome: 'denied',
      by: 'people',
      people: [dana],
      policies: [],
      at: iso(NOW),
      reason: 'Elevating is stopped for eve: laptop stolen',
    } as const
    const { result } = await elevated({ found: () => request('cancelled', {}, { decision }) })
    await expect(result).rejects.toMatchObject({
      code: 'NO_DECISION',
      message: `${dana.name} cancelled request req_1: Elevating is stopped for eve: laptop stolen`,
      hint: 'Until that is lifted, asking again is refused.',
    })
  })

  test('a grant that an administrator stopped before it came here says so', async () => {
    const killed = grant('prod-db', { state: 'ended', endReason: 'killed' })
    const { result } = await elevated({ found: () => ({ ...approved(), grants: [killed] }) })
    await expect(result).rejects.toMatchObject({
      code: 'GRANT_ENDED',
      message: 'An administrator has stopped the grant for prod-db.',
    })
  })

  test('interrupted while it waits, the request stays open and the error says how to come back', async () => {
    const stop = new AbortController()
    const { result, pending, calls } = await elevated({
      signal: stop.signal,
      found: () => {
        stop.abort()
        throw new JitError('INTERRUPTED', 'cut off', '')
      },
    })
    await expect(result).rejects.toMatchObject({
      code: 'INTERRUPTED',
      hint: 'Come back: jit elevate --request req_1. Take it back: jit cancel req_1',
    })
    expect(pending.list().map(({ id }) => id)).toEqual(['req_1'])
    expect(calls.filter((call) => call.startsWith('cancel'))).toEqual([])
  })

  test('the same command typed again comes back to the open request instead of asking twice', async () => {
    const first = await elevated({}, order({ waitMs: 0 }))
    expect(await first.result).toMatchObject({ kind: 'pending' })
    const second = await elevated({ pending: first.pending, found: approved })
    await second.result
    expect(second.calls.filter((call) => call.startsWith('ask'))).toEqual([])
    expect(kinds(second.told)[0]).toBe('resumed')
    expect(second.pending.list()).toEqual([])
  })

  test('another reason is another request', async () => {
    const first = await elevated({}, order({ waitMs: 0 }))
    await first.result
    const again = order({ ask: { targets: ['prod-db'], reason: 'something else' }, waitMs: 0 })
    const second = await elevated({ pending: first.pending }, again)
    await second.result
    expect(second.calls.filter((call) => call.startsWith('ask'))).toHaveLength(1)
  })

  test('out of patience, the request stays open', async () => {
    const { result, pending } = await elevated({}, order({ waitMs: 1000 }))
    expect(await result).toMatchObject({ kind: 'pending' })
    expect(pending.list()).toHaveLength(1)
  })

  test('a later start is waited for; without waiting it is left scheduled', async () => {
    const later = [
      grant('prod-db', { state: 'scheduled', startsAt: iso(NOW + 7_200_000), endsAt: iso(NOW + 9_000_000) }),
    ]
    const scheduled = { ...approved(), startsAt: iso(NOW + 7_200_000), grants: later }
    const impatient = await elevated({ asked: scheduled }, order({ waitMs: 0 }))
    expect(await impatient.result).toMatchObject({ kind: 'scheduled' })
    expect(impatient.pending.list()).toHaveLength(1)
    const patient = await elevated({ asked: scheduled, found: approved })
    expect(await patient.result).toMatchObject({ kind: 'delivered' })
    expect(patient.clock.now()).toBe(NOW + 7_200_000)
  })

  test('a grant that was revoked while waiting is over', async () => {
    const over = { ...approved(), grants: [grant('prod-db', { state: 'ended', endReason: 'revoked' })] }
    const { result, calls } = await elevated({ asked: over })
    await expect(result).rejects.toMatchObject({ code: 'GRANT_ENDED' })
    expect(calls.filter((call) => call.startsWith('credentials'))).toEqual([])
  })

  test('all or none: where the second cannot be written, the first is wiped and both grants end', async () => {
    const { result, calls, leasing } = await elevated(
      { asked: approved(['prod-db', 'logs']), unwritable: ['logs'] },
      both,
    )
    await expect(result).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(leasing.list()).toEqual([])
    expect(calls.slice(calls.indexOf('write prod-db'))).toEqual([
      'write prod-db',
      'reaper',
      'wipe prod-db',
      'queue grant_prod-db',
      'queue grant_logs',
      'end grant_prod-db',
      'end grant_logs',
    ])
  })

  test('all or none: where the second cannot be fetched, nothing is written', async () => {
    const one: ApprovalApi['credentials'] = async (id, key) => {
      if (id === 'grant_logs') throw new JitError('CLOUD_REFUSED', 'AWS refused.', 'Ask.')
      return sealed(id, key)
    }
    const { result, calls } = await elevated({ asked: approved(['prod-db', 'logs']), credentials: one }, both)
    await expect(result).rejects.toMatchObject({ code: 'CLOUD_REFUSED' })
    expect(calls.filter((call) => /^(write|wipe)/.test(call))).toEqual([])
    expect(calls.filter((call) => call.startsWith('end'))).toEqual(['end grant_prod-db', 'end grant_logs'])
  })

  test('what is held already is replaced, and its end told; what another login or endpoint gave waits for those', async () => {
    const [hers, elsewhere] = [
      { id: 'grant_hers', holder: 'carol' },
      { id: 'grant_other', endpoint: 'https://other.example' },
    ]
    const { result, told, calls, leasing } = await elevated({
      asked: approved(),
      leases: [{ id: 'grant_old' }, hers, elsewhere].map((more) => lease('prod-db', more)),
    })
    await result
    expect(kinds(told)).toContain('replaces')
    expect(leasing.list()).toMatchObject([{ id: 'grant_prod-db', holder: 'alice' }])
    expect(calls.filter((call) => call.startsWith('end'))).toEqual(['end grant_old'])
    expect(leasing.queued().map(({ grant }) => grant)).toEqual(['grant_hers', 'grant_other'])
    expect(leasing.queued()).toMatchObject([{ holder: 'carol' }, { endpoint: elsewhere.endpoint }])
  })

  test('the end of what could not be had waits for the login that asked, where another took its place meanwhile', async () => {
    for (const over of [{ holder: 'bob' }, { endpoint: 'https://other.example' }]) {
      let now: LoginName = LOGIN
      const credentials: ApprovalApi['credentials'] = async () => {
        now = { ...LOGIN, ...over }
        throw new JitError('NOT_FOUND', 'There is no such grant.', 'Look.')
      }
      const { result, calls, leasing } = await elevated({ asked: approved(), credentials, login: () => now })
      await expect(result).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(calls.filter((call) => call.startsWith('end'))).toEqual([])
      expect(leasing.queued()).toMatchObject([{ grant: 'grant_prod-db', ...LOGIN }])
    }
  })

  test('so it does where the other one came while people decided', async () => {
    let isTaken = false
    const found = () => ((isTaken = true), approved())
    const credentials = () => Promise.reject(new JitError('NOT_FOUND', 'There is no such grant.', 'Look.'))
    const login = () => (isTaken ? { ...LOGIN, holder: 'bob' } : LOGIN)
    const jkt = () => (isTaken ? 'of bob' : JKT)
    const { result, calls, leasing } = await elevated({ found, credentials, login, jkt })
    await expect(result).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(calls.filter((call) => call.startsWith('end'))).toEqual([])
    expect(leasing.queued()).toMatchObject([{ grant: 'grant_prod-db', ...LOGIN }])
  })

  test('the endpoint hears of what was replaced while the write still watches for other programs', async () => {
    const { result, calls } = await elevated({
      asked: approved(),
      leases: [lease('prod-db', { id: 'grant_old' })],
      watch: async (calls) => {
        await eventually(() => calls.includes('end grant_old'), true)
        calls.push('watched')
      },
    })
    await result
    expect(calls.slice(-3)).toEqual(['queue grant_old', 'end grant_old', 'watched'])
  })

  test('a credential of another grant is refused', async () => {
    const { result } = await elevated({ asked: approved(), credentials: async (_, key) => sealed('grant_other', key) })
    await expect(result).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
  })

  test('a lease says which program it ends with, and so does what is put in its place', async () => {
    const ask = { targets: ['prod-db'], reason: 'slow query' }
    const usedBy = async (more: Partial<Order>, leases: readonly Lease[] = []) => {
      const { result, leasing } = await elevated({ asked: approved(), leases }, order({ ask, ...more }))
      await result
      return leasing.list().map((each) => each.usedBy)
    }
    expect(await usedBy({ forProgram: true })).toEqual(['grant_prod-db'])
    expect(await usedBy({})).toEqual([undefined])
    const extended = { ask: { ...ask, extends: { grant: 'grant_old', bySeconds: 60 } } }
    expect(await usedBy(extended, [lease('prod-db', { id: 'grant_old', usedBy: 'grant_first' })])).toEqual([
      'grant_first',
    ])
    expect(await usedBy(extended, [lease('prod-db', { id: 'grant_old' })])).toEqual([undefined])
  })
})
