import { describe, expect, test } from 'vitest'
import { JitError } from '../../src/base/errors.ts'
import type { GrantRow, RequestRow, Store } from '../../src/server/store/types.ts'
import { STORES, withReplicas } from '../support/replicas.ts'
import { grantRow, HOLDER as rob, insertRequest, requestRow } from '../support/store-rows.ts'
import type { Database, Place } from '../support/stores.ts'

const HOUR = 3_600_000
const FAR = Number.MAX_SAFE_INTEGER
/** A unique key or a reference, in the words of either database. */
const REFUSED_BY_DATABASE = /constraint/i

describe.each(STORES)('a store on %s', (_, start, available) => {
  describe.skipIf(!available)('keeps its promises', () => {
    let place: Place
    let database: Database
    let store: Store
    let replica: Store
    withReplicas(start, (given) => ({ place, database, store, replica } = given))

    const insert = (row: Partial<RequestRow> & { readonly id: string }): Promise<RequestRow> =>
      insertRequest(store, row)
    const denied = { state: 'denied', needsJson: '[1]', decisionJson: '{"x":2}' } as const

    describe('transactions', () => {
      test('one that fails leaves nothing, and those that ran beside it stay', async () => {
        const boom = new Error('boom')
        const results = await Promise.allSettled([
          store.transaction((tx) => tx.claim('a', '1', FAR)),
          store.transaction(async (tx) => {
            await tx.claim('a', '2', FAR)
            throw boom
          }),
          store.transaction((tx) => tx.claim('a', '3', FAR)),
        ])
        expect(results).toMatchObject([{ value: true }, { reason: boom }, { value: true }])
        const again = (hash: string) => replica.transaction((tx) => tx.claim('a', hash, FAR))
        expect([await again('1'), await again('2'), await again('3')]).toEqual([false, true, false])
      })

      test('a statement that the database refuses fails its own transaction only', async () => {
        const row = await insert({ id: 'r_1' })
        const results = await Promise.allSettled([
          store.transaction((tx) => tx.insertRequest(row)),
          store.transaction((tx) => tx.claim('a', '1', FAR)),
        ])
        expect(results).toMatchObject([{ status: 'rejected' }, { value: true }])
      })

      test('nobody outside sees what is not committed', async () => {
        await store.transaction(async (tx) => {
          await tx.claim('warm', 'up', FAR)
          await tx.insertRequest(requestRow(await tx.now(), { id: 'r_1' }))
          expect(await tx.request('r_1')).toBeDefined()
          expect(await store.request('r_1')).toBeUndefined()
          expect(await replica.request('r_1')).toBeUndefined()
        })
        expect(await replica.request('r_1')).toBeDefined()
      })

      test('all see the same time, in whole milliseconds', async () => {
        const before = await store.now()
        await database.advance(HOUR)
        const after = await replica.now()
        expect(Number.isSafeInteger(before)).toBe(true)
        expect(after - before).toBeGreaterThanOrEqual(HOUR)
        expect(after - before).toBeLessThan(HOUR + 60_000)
      })
    })

    describe('requests', () => {
      test('come back as they went in', async () => {
        const row = await insert({ id: 'r_1', askedJson: '{"reason":"ünïcode 👩‍💻 \\u0000"}', decisionJson: '{}' })
        expect(await replica.request('r_1')).toEqual(row)
        expect(await replica.request('r_2')).toBeUndefined()
      })

      test('are settled once', async () => {
        const row = await insert({ id: 'r_1' })
        const settle = (by: Store) => by.transaction((tx) => tx.settleRequest('r_1', denied))
        expect([await settle(store), await settle(replica)]).toEqual([true, false])
        expect(await store.request('r_1')).toEqual({ ...row, ...denied })
        expect(await store.transaction((tx) => tx.holdUndecided('r_1'))).toBeUndefined()
      })

      test('past their time are neither held nor settled, and expire', async () => {
        const row = await insert({ id: 'r_1' })
        await insert({ id: 'r_2', expiresAt: row.expiresAt + HOUR })
        await database.advance(HOUR)
        expect(await store.transaction((tx) => tx.holdUndecided('r_1'))).toBeUndefined()
        expect(await store.transaction((tx) => tx.settleRequest('r_1', denied))).toBe(false)
        expect(await store.settledAmong(['r_1', 'r_2', 'r_none'])).toEqual(['r_1', 'r_none'])
        expect(await store.transaction((tx) => tx.expireRequests(10))).toEqual([{ ...row, state: 'expired' }])
        expect(await store.transaction((tx) => tx.expireRequests(10))).toEqual([])
      })

      test('expire no more than asked for at a time', async () => {
        for (let i = 0; i < 5; i++) await insert({ id: `r_${i}`, expiresAt: 1 })
        const expire = () => store.transaction((tx) => tx.expireRequests(3))
        expect([(await expire()).length, (await expire()).length, (await expire()).length]).toEqual([3, 2, 0])
      })

      test('are listed by page, the next to expire first, each once', async () => {
        const at = (await store.now()) + HOUR
        for (const [i, expiresAt] of [at, at + 1, at, at + 2, at].entries()) await insert({ id: `r_${i}`, expiresAt })
        await insert({ id: 'r_settled', state: 'denied' })
        const first = await store.undecided(2)
        const second = await store.undecided(2, first[1])
        const third = await store.undecided(2, second[1])
        expect([...first, ...second, ...third].map(({ id }) => id)).toEqual(['r_0', 'r_2', 'r_4', 'r_1', 'r_3'])
      })

      test('of one person are listed newest first, and counted while undecided', async () => {
        for (let i = 0; i < 4; i++) await insert({ id: `r_${i}`, createdAt: i, state: i === 0 ? 'denied' : 'pending' })
        await insert({ id: 'r_other', requesterSubject: 'eve' })
        expect((await store.requestsBy(rob, 3)).map(({ id }) => id)).toEqual(['r_3', 'r_2', 'r_1'])
        expect([await store.countUndecided(rob, 50), await store.countUndecided(rob, 2)]).toEqual([3, 2])
      })

      test('have one approval per person, the last one said', async () => {
        await insert({ id: 'r_1' })
        const put = (issuer: string, approvalJson: string, at: number) =>
          store.transaction((tx) => tx.putApproval({ requestId: 'r_1', issuer, subject: 's', approvalJson, at }))
        await put('a', '1', 1)
        await put('b', '2', 2)
        await put('a', '3', 3)
        expect(await store.approvals(['r_1', 'r_2'])).toMatchObject([
          { issuer: 'b', approvalJson: '2' },
          { issuer: 'a', approvalJson: '3', at: 3 },
        ])
      })
    })

    describe('grants', () => {
      test('belong to a request, once per target', async () => {
        await insert({ id: 'r_1' })
        const put = (row: GrantRow) => store.transaction((tx) => tx.insertGrants([row]))
        await put(grantRow('r_1'))
        expect(await replica.grant('g_r_1')).toEqual(grantRow('r_1'))
        await store.transaction((tx) => tx.noteCollectors('g_r_1', '["deploy"]'))
        expect((await replica.grant('g_r_1'))?.collectorPipelinesJson).toBe('["deploy"]')
        await expect(put(grantRow('r_1', { id: 'g_other' }))).rejects.toThrow(REFUSED_BY_DATABASE)
        await expect(put(grantRow('r_none'))).rejects.toThrow(REFUSED_BY_DATABASE)
      })

      test('are active from start to end and end once', async () => {
        await insert({ id: 'r_1' })
        const now = await store.now()
        await store.transaction((tx) =>
          tx.insertGrants([grantRow('r_1', { startsAt: now + HOUR, endsAt: now + 2 * HOUR })]),
        )
        const hold = async () => (await store.transaction((tx) => tx.holdActive('g_r_1'))) !== undefined
        const end = () => replica.transaction((tx) => tx.endGrant('g_r_1', 'revoked'))
        expect(await hold()).toBe(false)
        await database.advance(HOUR + 1000)
        expect(await hold()).toBe(true)
        const ended = await end()
        expect(ended).toMatchObject({ endReason: 'revoked' })
        expect(Math.abs((ended?.endedAt ?? 0) - (await store.now()))).toBeLessThan(60_000)
        expect(await hold()).toBe(false)
        expect(await end()).toBeUndefined()
      })

      test('past their end cannot be ended', async () => {
        await insert({ id: 'r_1' })
        await store.transaction((tx) => tx.insertGrants([grantRow('r_1', { endsAt: 1 })]))
        expect(await store.transaction((tx) => tx.endGrant('g_r_1', 'revoked'))).toBeUndefined()
        expect(await store.transaction((tx) => tx.holdActive('g_r_1'))).toBeUndefined()
      })
    })

    describe('leaves', () => {
      test('cannot fork, whoever appends', async () => {
        const leaf = { seq: 1, prevHash: '0'.repeat(64), hash: 'a'.repeat(64), at: 1, bodyJson: '1' }
        const put = (by: Store, over: object) => by.transaction((tx) => tx.insertLeaves([{ ...leaf, ...over }]))
        await put(store, {})
        await expect(put(replica, {})).rejects.toThrow(REFUSED_BY_DATABASE)
        await expect(put(replica, { seq: 2 })).rejects.toThrow(REFUSED_BY_DATABASE)
        expect(await store.leaves(1, 10)).toEqual([leaf])
        expect(await store.lastLeaf()).toEqual({ seq: 1, hash: leaf.hash })
        await database.execute('delete from leaves')
      })
    })

    describe('what can be used once', () => {
      test('an idempotency key is remembered for one actor', async () => {
        const row = { ...rob, key: 'k', bodyHash: 'h', requestId: 'r_1', createdAt: await store.now() }
        const remember = (over = {}) => replica.transaction((tx) => tx.rememberIdempotencyKey({ ...row, ...over }))
        expect([await remember(), await remember(), await remember({ subject: 'eve' })]).toEqual([true, false, true])
        expect(await store.transaction((tx) => tx.idempotencyKey(rob, 'k'))).toEqual(row)
      })

      test('of sixteen claims at once one wins', async () => {
        const claims = Array.from({ length: 16 }, (_, i) =>
          (i % 2 === 0 ? store : replica).transaction((tx) => tx.claim('jti', 'x', FAR)),
        )
        expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1)
        expect(await store.transaction((tx) => tx.claim('id-token', 'x', FAR))).toBe(true)
      })

      test('is taken until its time is up, also where it was not pruned', async () => {
        const until = (await store.now()) + HOUR
        const claim = () => replica.transaction((tx) => tx.claim('jti', 'x', until + HOUR))
        await store.transaction((tx) => tx.claim('jti', 'x', until))
        expect([await replica.claimed('jti', 'x'), await replica.claimed('id-token', 'x'), await claim()]).toEqual([
          true,
          false,
          false,
        ])
        await database.advance(HOUR)
        expect([await store.claimed('jti', 'x'), await claim(), await claim()]).toEqual([false, true, false])
      })

      test('is forgotten only after its time, some at a time', async () => {
        const now = await store.now()
        await store.transaction(async (tx) => {
          for (let i = 0; i < 3; i++) await tx.claim('jti', `old ${i}`, now)
          await tx.claim('jti', 'live', now + HOUR)
          await tx.rememberIdempotencyKey({ ...rob, key: 'old', bodyHash: '', requestId: '', createdAt: now - HOUR })
          await tx.rememberIdempotencyKey({ ...rob, key: 'new', bodyHash: '', requestId: '', createdAt: now })
        })
        const prune = () => store.transaction((tx) => tx.prune(HOUR, 2))
        expect([await prune(), await prune(), await prune()]).toEqual([3, 1, 0])
        expect(await store.transaction((tx) => tx.claim('jti', 'live', FAR))).toBe(false)
        expect(await store.transaction((tx) => tx.idempotencyKey(rob, 'new'))).toBeDefined()
        expect(await store.transaction((tx) => tx.idempotencyKey(rob, 'old'))).toBeUndefined()
      })
    })

    describe('signing keys', () => {
      const key = { kid: 'k1', use: 'grant', privateJwkJson: '{}', createdAt: 1, activateAt: 2, retireAt: null }

      test('are kept by use, the first to be active first', async () => {
        await store.transaction(async (tx) => {
          await tx.insertSigningKey({ ...key, kid: 'k2', activateAt: 3 })
          await tx.insertSigningKey(key)
          await tx.insertSigningKey({ ...key, kid: 'k3', use: 'session' })
        })
        expect((await replica.signingKeys('grant')).map(({ kid }) => kid)).toEqual(['k1', 'k2'])
        await expect(store.transaction((tx) => tx.insertSigningKey(key))).rejects.toThrow(REFUSED_BY_DATABASE)
      })

      test('retire sooner, never later', async () => {
        await store.transaction((tx) => tx.insertSigningKey(key))
        const retire = (at: number) => store.transaction((tx) => tx.retireSigningKey('k1', at))
        expect([await retire(9), await retire(10), await retire(5), await retire(5)]).toEqual([
          true,
          false,
          true,
          false,
        ])
        expect(await store.signingKeys('grant')).toEqual([{ ...key, retireAt: 5 }])
      })

      test('under the lock, replicas that find none make one', async () => {
        const makeIfNone = (by: Store, kid: string) =>
          by.transaction(async (tx) => {
            await tx.lock('keys')
            if ((await tx.signingKeys('grant')).length === 0) await tx.insertSigningKey({ ...key, kid })
          })
        await Promise.all(Array.from({ length: 8 }, (_, i) => makeIfNone(i % 2 === 0 ? store : replica, `k${i}`)))
        expect(await store.signingKeys('grant')).toHaveLength(1)
      })
    })

    describe('the schema', () => {
      test('is made once, and what is in it outlives a restart', async () => {
        await insert({ id: 'r_1' })
        const again = await database.open()
        expect(await again.request('r_1')).toBeDefined()
        await again.close()
      })

      test('of a newer version is refused and left alone', async () => {
        await database.execute('update schema_version set version = 99')
        const opening = database.open()
        await expect(opening).rejects.toBeInstanceOf(JitError)
        await expect(opening).rejects.toMatchObject({
          code: 'CONFIG',
          message: expect.stringMatching(/schema version 99, but this jit-endpoint knows versions up to 3\./),
        })
        await expect(database.look((look) => Promise.resolve(look))).rejects.toMatchObject({ code: 'CONFIG' })
      })

      test('is there to look at, though nothing was made yet or an older version made it', async () => {
        const fresh = await place.database()
        const seen = () => fresh.look(async ({ name, state, signingKeys }) => [name, state, await signingKeys('grant')])
        const [name] = await seen()
        expect(await seen()).toEqual([name, 'none', []])
        const opened = await fresh.open()
        const key = { kid: 'k1', use: 'grant', privateJwkJson: '{}', createdAt: 1, activateAt: 2, retireAt: null }
        const stop = { id: 's_1', scope: 'all', value: null, reason: 'x', byJson: '{}', at: 1 } as const
        await opened.transaction(async (tx) => {
          await tx.insertSigningKey(key)
          await tx.insertStop({ ...stop, liftedAt: null, carriedOutAt: null })
        })
        expect(await seen()).toMatchObject([opened.name, 'ready', [{ kid: 'k1' }]])
        await fresh.execute('update schema_version set version = 1')
        expect(await seen()).toMatchObject([opened.name, 'older', [{ kid: 'k1' }]])
        const stops = () => fresh.look(({ stopsInForce }) => stopsInForce())
        expect(await stops()).toEqual([])
        await fresh.execute('update schema_version set version = 2')
        expect(await stops()).toMatchObject([stop])
        await opened.close()
        expect(await seen()).toMatchObject([name, 'older', [{ kid: 'k1' }]])
        await fresh.remove()
      })

      test('is looked into by somebody whose own mistake is not the database’s', async () => {
        const boom = new Error('boom')
        await expect(database.look(() => Promise.reject(boom))).rejects.toBe(boom)
      })
    })
  })
})
