import { beforeEach, describe, expect, test } from 'vitest'
import type { BoundIds } from '../../src/server/auth/types.ts'
import { storedBindings } from '../../src/server/stored.ts'
import type { Store } from '../../src/server/store/types.ts'
import { STORES, withReplicas } from '../support/replicas.ts'
import type { Database } from '../support/stores.ts'

const HOUR = 3_600_000

describe.each(STORES)('tokens bound to keys on %s', (_, start, available) => {
  describe.skipIf(!available)('for all replicas', () => {
    let database: Database
    let store: Store
    let replica: Store
    let one: BoundIds
    let other: BoundIds
    let until: number
    withReplicas(start, (given) => ({ database, store, replica } = given))
    beforeEach(async () => {
      ;[one, other] = [storedBindings(store, 'token'), storedBindings(replica, 'token')]
      until = (await store.now()) + HOUR
    })

    test('belong to the first key, as often as it comes', async () => {
      expect([
        await one.bind('t', 'a', until),
        await other.bind('t', 'a', until),
        await one.bind('t', 'a', until),
      ]).toEqual([true, true, true])
      expect([await one.bind('t', 'b', until), await other.bind('t', 'b', until)]).toEqual([false, false])
      expect(await other.bind('u', 'b', until)).toBe(true)
    })

    test('of sixteen keys at once belong to one', async () => {
      const keys = Array.from({ length: 16 }, (_key, index) => `key-${index}`)
      const bound = await Promise.all(keys.map((key, index) => (index % 2 === 0 ? one : other).bind('t', key, until)))
      expect(bound.filter(Boolean)).toHaveLength(1)
      const winner = keys[bound.indexOf(true)] ?? ''
      expect(await Promise.all(keys.map((key) => other.bind('t', key, until)))).toEqual(
        keys.map((key) => key === winner),
      )
    })

    test('are its own also where its processes come at once', async () => {
      const bound = await Promise.all(
        Array.from({ length: 16 }, (_process, index) => (index % 2 === 0 ? one : other).bind('t', 'a', until)),
      )
      expect(bound).toEqual(Array.from({ length: 16 }, () => true))
    })

    test('are forgotten when their time is up', async () => {
      await one.bind('t', 'a', until)
      await database.advance(HOUR - 60_000)
      expect(await other.bind('t', 'b', until)).toBe(false)
      await database.advance(120_000)
      expect(await other.bind('t', 'b', until + HOUR)).toBe(true)
    })
  })
})
