import { describe, expect, test } from 'vitest'
import type { GrantRow, StopRow, Store } from '../../src/server/store/types.ts'
import { STORES, withReplicas } from '../support/replicas.ts'
import { grantRow, insertRequest } from '../support/store-rows.ts'
import type { Database } from '../support/stores.ts'

const HOUR = 3_600_000
/** A unique key or a reference, in the words of either database. */
const REFUSED_BY_DATABASE = /constraint/i

describe.each(STORES)('a store on %s', (_, start, available) => {
  describe.skipIf(!available)('keeps its promises', () => {
    let database: Database
    let store: Store
    let replica: Store
    withReplicas(start, (given) => ({ database, store, replica } = given))

    const insert = (id: string, requesterSubject: string) => insertRequest(store, { id, requesterSubject })

    describe('grants that somebody follows', () => {
      const put = async (id: string, over: Partial<GrantRow> = {}) => {
        await insert(`r_${id}`, id)
        await store.transaction((tx) => tx.insertGrants([grantRow(`r_${id}`, { id: `g_${id}`, ...over })]))
      }
      const inTx = <T>(work: Parameters<typeof store.transaction<T>>[0]) => replica.transaction(work)
      const tell = (id: string, outcome: 'wiped' | 'stuck', machine = 'm') =>
        inTx((tx) => tx.putReceipt({ grantId: `g_${id}`, machine, outcome, why: null, reportedAt: 7 }))
      const GRACE = 600_000
      const wipes = async () => {
        const found = await store.followed({ states: [], limit: 100, graceMs: GRACE })
        return Object.fromEntries(found.map(({ grant, wipe }) => [grant.id, wipe]))
      }

      test('are paged from the next to end on, each with its request, without those that were ended', async () => {
        const now = await store.now()
        for (const [id, hours] of [
          ['past', -1],
          ['a', 1],
          ['b', 1],
          ['c', 1],
          ['ended', 2],
          ['later', 3],
        ] as const)
          await put(id, { startsAt: now + (id === 'later' ? HOUR : 0), endsAt: now + hours * HOUR })
        await inTx((tx) => tx.endGrant('g_ended', 'killed'))
        const first = await store.unendedGrants(2, { endsAt: now, id: '' })
        const second = await store.unendedGrants(2, first[1]?.grant ?? { endsAt: 0, id: '' })
        expect([...first, ...second].map(({ grant, request }) => [grant.id, request.requesterSubject])).toEqual([
          ['g_a', 'a'],
          ['g_b', 'b'],
          ['g_c', 'c'],
          ['g_later', 'later'],
        ])
        expect(first[0]?.grant).toEqual(await store.grant('g_a'))
        expect(first[0]?.request).toEqual(await store.request('r_a'))
      })

      test('are found by name, and by when they were ended', async () => {
        await put('a')
        await put('b')
        const before = await store.now()
        await inTx((tx) => tx.endGrant('g_a', 'revoked'))
        expect((await store.grantsNamed(['g_b', 'g_a', 'g_none'])).map(({ id }) => id).toSorted()).toEqual([
          'g_a',
          'g_b',
        ])
        expect(await store.grantsNamed([])).toEqual([])
        expect(await store.endedSince(before - 1)).toEqual(['g_a'])
        await database.advance(HOUR)
        expect(await store.endedSince((await store.now()) - 60_000)).toEqual([])
      })

      test('are wiped when no machine is stuck, anew after each issue', async () => {
        const now = await store.now()
        await put('a', { endsAt: now + HOUR })
        await inTx((tx) => tx.holdActive('g_a'))
        expect([await tell('a', 'stuck'), await tell('a', 'stuck'), await tell('a', 'wiped', 'n')]).toEqual([
          true,
          false,
          true,
        ])
        await database.advance(HOUR)
        expect(await wipes()).toEqual({ g_a: 'stuck' })
        expect([await tell('a', 'wiped'), await tell('a', 'stuck')]).toEqual([true, false])
        expect(await wipes()).toEqual({ g_a: 'wiped' })
        expect(await store.receipts(['g_a', 'g_none'])).toMatchObject([
          { machine: 'n', outcome: 'wiped', reportedAt: 7 },
          { machine: 'm', outcome: 'wiped' },
        ])
        await expect(tell('none', 'wiped')).rejects.toThrow(REFUSED_BY_DATABASE)
      })

      test('that were issued after the wipe are not wiped', async () => {
        const now = await store.now()
        await put('a', { endsAt: now + 2 * HOUR })
        await tell('a', 'wiped')
        await database.advance(HOUR)
        await inTx((tx) => tx.holdActive('g_a'))
        await database.advance(HOUR)
        expect(await wipes()).toEqual({ g_a: 'waiting' })
        expect([await tell('a', 'stuck'), await tell('a', 'wiped'), await tell('a', 'wiped')]).toEqual([
          true,
          true,
          false,
        ])
      })

      test('are unconfirmed some time after their end, and marked once', async () => {
        const now = await store.now()
        for (const id of ['issued', 'wiped', 'stuck', 'unused', 'revoked'])
          await put(id, { endsAt: now + (id === 'revoked' ? 2 * HOUR : HOUR) })
        for (const id of ['issued', 'wiped', 'stuck', 'revoked']) await inTx((tx) => tx.holdActive(`g_${id}`))
        await tell('wiped', 'wiped')
        await tell('stuck', 'stuck')
        const states = { g_issued: 'live', g_wiped: 'live', g_stuck: 'stuck', g_unused: 'live', g_revoked: 'live' }
        expect(await wipes()).toEqual(states)
        await database.advance(HOUR)
        await inTx((tx) => tx.endGrant('g_revoked', 'revoked'))
        const over = { ...states, g_issued: 'waiting', g_wiped: 'wiped', g_unused: 'unissued', g_revoked: 'waiting' }
        expect(await wipes()).toEqual(over)
        const mark = async (limit: number) =>
          (await inTx((tx) => tx.markUnconfirmed(GRACE, limit))).map(({ id }) => id).toSorted()
        expect(await mark(9)).toEqual([])
        await database.advance(GRACE)
        expect(await wipes()).toEqual({ ...over, g_issued: 'unconfirmed', g_revoked: 'unconfirmed' })
        const marked = [await mark(2), await mark(2), await mark(2)]
        expect(marked.map(({ length }) => length)).toEqual([2, 1, 0])
        expect(marked.flat().toSorted()).toEqual(['g_issued', 'g_revoked', 'g_stuck'])
      })

      test('are listed by state and page, the last to end first', async () => {
        const now = await store.now()
        for (const [id, hours] of [
          ['d', 1],
          ['a', 3],
          ['c', 2],
          ['b', 2],
        ] as const)
          await put(id, { endsAt: now + hours * HOUR })
        const list = async (query: object) => {
          const found = await store.followed({ states: [], limit: 10, graceMs: GRACE, ...query })
          return found.map(({ grant, request }) => `${grant.id} ${request.requesterSubject}`)
        }
        expect(await list({ limit: 3 })).toEqual(['g_a a', 'g_c c', 'g_b b'])
        expect(await list({ after: 'g_c' })).toEqual(['g_b b', 'g_d d'])
        expect(await list({ after: 'g_d' })).toEqual([])
        await inTx((tx) => tx.endGrant('g_c', 'revoked'))
        expect(await list({ states: ['unissued', 'stuck'] })).toEqual(['g_c c'])
        expect(await list({ states: ['live'], after: 'g_c' })).toEqual(['g_b b', 'g_d d'])
      })
    })

    describe('stops', () => {
      const stop = (id: string, at: number): StopRow => ({
        id,
        scope: 'user',
        value: 'rob',
        reason: 'ünïcode',
        byJson: '{"a":1}',
        at,
        liftedAt: null,
        carriedOutAt: null,
      })

      test('stand until they are lifted, once, and say whether they were carried out', async () => {
        await store.transaction(async (tx) => {
          await tx.insertStop(stop('s_2', 2))
          await tx.insertStop({ ...stop('s_1', 1), scope: 'all', value: null })
          await tx.insertStop({ ...stop('s_0', 0), liftedAt: 5, carriedOutAt: 5 })
        })
        expect((await replica.stopsInForce()).map(({ id }) => id)).toEqual(['s_1', 's_2'])
        expect(await replica.stop('s_2')).toEqual(stop('s_2', 2))
        await replica.transaction((tx) => tx.stopCarriedOut('s_2'))
        expect((await store.stop('s_2'))?.carriedOutAt).toEqual(expect.any(Number))
        const lift = (id: string) => replica.transaction((tx) => tx.liftStop(id))
        expect(await lift('s_2')).toMatchObject({ id: 's_2', liftedAt: expect.any(Number) })
        expect([await lift('s_2'), await lift('s_none')]).toEqual([undefined, undefined])
        expect((await store.stopsInForce()).map(({ id }) => id)).toEqual(['s_1'])
      })

      test('wait for those who look for them, and those who look later see them', async () => {
        const events: string[] = []
        const told = Promise.withResolvers<void>()
        let throwing: Promise<unknown> | undefined
        const looking = store.transaction(async (tx) => {
          await tx.share('stops')
          throwing = replica.transaction(async (other) => {
            await other.lock('stops')
            await other.insertStop(stop('s_1', 1))
            events.push('thrown')
          })
          for (let i = 0; i < 20; i++) await tx.now() // gives the other every chance to pass
          events.push(`sees ${(await tx.stopsInForce()).length}`)
          told.resolve()
        })
        await Promise.all([looking, told.promise])
        await throwing
        expect(events).toEqual(['sees 0', 'thrown'])
        const seen = await store.transaction(async (tx) => {
          await tx.share('stops')
          return (await tx.stopsInForce()).length
        })
        expect(seen).toBe(1)
      })
    })

    describe('the schema', () => {
      test('of version 1 is brought up to date, and what may have been issued is taken as issued', async () => {
        const now = await store.now()
        for (const [id, from, to] of [
          ['live', -1, 1],
          ['later', 1, 2],
          ['over', -2, -1],
        ] as const) {
          await insert(`r_${id}`, 'rob')
          const row = grantRow(`r_${id}`, { id: `g_${id}`, startsAt: now + from * HOUR, endsAt: now + to * HOUR })
          await store.transaction((tx) => tx.insertGrants([row]))
        }
        for (const index of ['grants_by_end', 'grants_ended', 'grants_unwiped', 'stops_in_force'])
          await database.execute(`drop index ${index}`)
        for (const table of ['receipts', 'stops']) await database.execute(`drop table ${table}`)
        for (const column of ['issued_at', 'wiped_at', 'unconfirmed_at', 'collector_pipelines'])
          await database.execute(`alter table grants drop column ${column}`)
        await database.execute('update schema_version set version = 1')
        const upgraded = await database.open()
        await database.advance(3 * HOUR)
        const found = await upgraded.followed({ states: [], limit: 9, graceMs: 0 })
        expect(found.map(({ grant, wipe }) => [grant.id, wipe])).toEqual([
          ['g_later', 'unissued'],
          ['g_live', 'unconfirmed'],
          ['g_over', 'unissued'],
        ])
        await upgraded.transaction((tx) =>
          tx.putReceipt({ grantId: 'g_live', machine: 'm', outcome: 'wiped', why: null, reportedAt: 1 }),
        )
        expect(await upgraded.stopsInForce()).toEqual([])
        expect(await upgraded.grant('g_live')).toMatchObject({ collectorPipelinesJson: null })
        await upgraded.close()
      })
    })
  })
})
