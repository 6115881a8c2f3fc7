import type { Clock } from '../../platform/clock.ts'
import { makeSigningKey } from './signing-key.ts'
import type { KeyState, KeyUse, Rotation, SigningKey, SigningKeys } from './types.ts'

const HOUR_MS = 3600_000
/**
 * Clouds cache a JWKS for times they do not publish (clouds.md §1): a grant key must have been published this long
 * before it signs, and stays published this long after its last signature. A retired access key is accepted for as long
 * as the longest access token lives.
 */
export const LEAD_MS = 24 * HOUR_MS
const OVERLAP_MS: Readonly<Record<KeyUse, number>> = { grant: LEAD_MS, access: HOUR_MS }
/** A grant key in use and the next one, published from the first day on. Nobody but the endpoint reads access keys. */
const WANTED: Readonly<Record<KeyUse, number>> = { grant: 2, access: 1 }
const USES: readonly KeyUse[] = ['grant', 'access']

/** Each key with the state that follows from the list and the time. */
export function keyState(key: SigningKey, keys: readonly SigningKey[], now: number): KeyState {
  if (key.acceptedUntil !== undefined) return now < key.acceptedUntil ? 'retired' : 'over'
  return signingKey(keys, key.use)?.kid === key.kid ? 'signing' : 'next'
}

/** The oldest that is not retired. */
export function signingKey(keys: readonly SigningKey[], use: KeyUse): SigningKey | undefined {
  return unretired(keys, use)[0]
}

const unretired = (keys: readonly SigningKey[], use: KeyUse): readonly SigningKey[] =>
  keys
    .filter((key) => key.use === use && key.acceptedUntil === undefined)
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1))

/** Makes the keys that are missing. Two replicas may both do so at their first start: one key more is next, none is lost. */
export async function ensureKeys(store: SigningKeys, clock: Clock): Promise<void> {
  for (const use of USES) await ensure(store, clock, use, WANTED[use])
}

async function ensure(store: SigningKeys, clock: Clock, use: KeyUse, wanted: number): Promise<void> {
  const keys = await store.list()
  // Younger than all others also where the clock was set back: the oldest signs, and it must be a published one.
  const youngest = Math.max(clock.now() - 1, ...keys.map(({ createdAt }) => createdAt))
  const missing = wanted - unretired(keys, use).length
  for (let i = 1; i <= missing; i++) await store.insert(await makeSigningKey(use, youngest + i))
}

/** Activates the next key of each use, where its lead has passed, and makes the one after it. The old one stays accepted for its overlap. */
export async function rotateKeys(store: SigningKeys, clock: Clock): Promise<readonly Rotation[]> {
  await ensureKeys(store, clock)
  await ensure(store, clock, 'access', 2)
  const rotations: Rotation[] = []
  for (const use of USES) rotations.push(await rotate(store, clock.now(), use))
  await ensureKeys(store, clock)
  return rotations
}

/**
 * For stolen keys: new ones sign now, and all that there were are accepted nowhere from now on. The next one and those
 * retired a while ago too, because they lay beside the one in use. Every access token and unexchanged grant token is void, and clouds that cached a JWKS without the
 * new key refuse until that cache is over.
 */
export async function replaceKeysNow(store: SigningKeys, clock: Clock): Promise<readonly Rotation[]> {
  const rotations: Rotation[] = []
  for (const use of USES) {
    const [keys, now] = [await store.list(), clock.now()]
    const stolen = keys.filter((key) => key.use === use && keyState(key, keys, now) !== 'over')
    await ensure(store, clock, use, unretired(keys, use).length + WANTED[use])
    // The youngest first: none of them signs in between.
    for (const { kid } of stolen.toReversed()) await store.retire(kid, now)
    const [retired, signing] = [signingKey(keys, use), signingKey(await store.list(), use)]
    if (retired !== undefined && signing !== undefined)
      rotations.push({ use, done: true, retired: retired.kid, signing: signing.kid })
  }
  return rotations
}

async function rotate(store: SigningKeys, now: number, use: KeyUse): Promise<Rotation> {
  const [current, next] = unretired(await store.list(), use)
  if (current === undefined || next === undefined) throw new Error(`No ${use} key to rotate to.`)
  const activeFrom = next.createdAt + LEAD_MS
  if (use === 'grant' && now < activeFrom) return { use, done: false, next: next.kid, activeFrom }
  await store.retire(current.kid, now + OVERLAP_MS[use])
  return { use, done: true, retired: current.kid, signing: next.kid }
}
