import { describe, expect, test } from 'vitest'
import {
  ensureKeys,
  keyState,
  LEAD_MS,
  replaceKeysNow,
  rotateKeys,
  signingKey,
} from '../../../../src/server/tokens/key-ring.ts'
import type { KeyUse, SigningKeys } from '../../../../src/server/tokens/types.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { memoryKeys } from '../../../support/memory-keys.ts'

const states = async (store: SigningKeys, now: number, use: KeyUse): Promise<readonly string[]> => {
  const keys = await store.list()
  return keys.filter((key) => key.use === use).map((key) => keyState(key, keys, now))
}

async function started() {
  const [clock, store] = [manualClock(), memoryKeys()]
  await ensureKeys(store, clock)
  return { clock, store }
}

describe('signing keys', () => {
  test('the first start makes a grant key, its successor and an access key, and a second start none', async () => {
    const { clock, store } = await started()
    await ensureKeys(store, clock)
    expect(await states(store, clock.now(), 'grant')).toEqual(['signing', 'next'])
    expect(await states(store, clock.now(), 'access')).toEqual(['signing'])
  })

  test('a rotation before the lead of the next grant key changes no grant key and says when it can', async () => {
    const { clock, store } = await started()
    const before = (await store.list()).filter(({ use }) => use === 'grant')
    clock.advance(LEAD_MS - 1)
    const [grant] = await rotateKeys(store, clock)
    const next = before[1]
    expect(grant).toEqual({ use: 'grant', done: false, next: next?.kid, activeFrom: (next?.createdAt ?? 0) + LEAD_MS })
    expect((await store.list()).filter(({ use }) => use === 'grant')).toEqual(before)
  })

  test('a rotation after the lead activates what was next, publishes a new next and keeps the old one for its overlap', async () => {
    const { clock, store } = await started()
    const [old, next] = (await store.list()).filter(({ use }) => use === 'grant')
    clock.advance(LEAD_MS + 1)
    const [grant] = await rotateKeys(store, clock)
    expect(grant).toEqual({ use: 'grant', done: true, retired: old?.kid, signing: next?.kid })
    expect(signingKey(await store.list(), 'grant')?.kid).toBe(next?.kid)
    expect(await states(store, clock.now(), 'grant')).toEqual(['retired', 'signing', 'next'])
    clock.advance(LEAD_MS)
    expect(await states(store, clock.now(), 'grant')).toEqual(['over', 'signing', 'next'])
  })

  test('an access key rotates without a lead and what it signed is accepted for an hour', async () => {
    const { clock, store } = await started()
    const [, access] = await rotateKeys(store, clock)
    expect(access).toMatchObject({ use: 'access', done: true })
    expect(await states(store, clock.now() + 3_599_999, 'access')).toEqual(['retired', 'signing'])
    expect(await states(store, clock.now() + 3_600_000, 'access')).toEqual(['over', 'signing'])
  })

  test('in an emergency no key that was retired a while ago is accepted either', async () => {
    const { clock, store } = await started()
    clock.advance(LEAD_MS + 1)
    await rotateKeys(store, clock)
    await replaceKeysNow(store, clock)
    expect(await states(store, clock.now(), 'grant')).toEqual(['over', 'over', 'over', 'signing', 'next'])
    expect(await states(store, clock.now(), 'access')).toEqual(['over', 'over', 'signing'])
  })

  test('in an emergency the keys that there were, the next one too, are accepted nowhere from that moment on', async () => {
    const { clock, store } = await started()
    const old = (await store.list()).filter(({ use }) => use === 'grant')
    const [grant] = await replaceKeysNow(store, clock)
    expect(grant).toMatchObject({ done: true, retired: old[0]?.kid })
    expect(old.map(({ kid }) => kid)).not.toContain(signingKey(await store.list(), 'grant')?.kid)
    expect(await states(store, clock.now(), 'grant')).toEqual(['over', 'over', 'signing', 'next'])
    expect(await states(store, clock.now(), 'access')).toEqual(['over', 'signing'])
  })

  test('a key made after the clock was set back does not sign before those that were published earlier', async () => {
    const { clock, store } = await started()
    clock.advance(LEAD_MS + 1)
    const next = (await store.list()).filter(({ use }) => use === 'grant')[1]
    await rotateKeys(store, clock)
    clock.advance(-10 * LEAD_MS)
    await replaceKeysNow(store, clock)
    await ensureKeys(store, clock)
    const keys = await store.list()
    const signing = signingKey(keys, 'grant')
    expect(keys.filter(({ use, acceptedUntil }) => use === 'grant' && acceptedUntil === undefined)[0]).toBe(signing)
    expect(signing?.createdAt).toBeGreaterThan(next?.createdAt ?? Number.POSITIVE_INFINITY)
  })

  test('two replicas that start at the same moment agree on the key that signs', async () => {
    const [clock, store] = [manualClock(), memoryKeys()]
    await Promise.all([ensureKeys(store, clock), ensureKeys(store, clock)])
    const keys = await store.list()
    expect(keys.filter((key) => key.use === 'grant' && keyState(key, keys, clock.now()) === 'signing')).toHaveLength(1)
  })
})
