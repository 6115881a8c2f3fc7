import type { SigningKey, SigningKeys } from '../../src/server/tokens/types.ts'

/** {@link SigningKeys} in memory. */
export function memoryKeys(initial: readonly SigningKey[] = []): SigningKeys {
  const keys = new Map(initial.map((key) => [key.kid, key]))
  return {
    list: async () => [...keys.values()].toSorted((a, b) => a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1)),
    insert: async (key) => {
      if (keys.has(key.kid)) throw new Error(`There is a key ${key.kid}.`)
      keys.set(key.kid, key)
    },
    retire: async (kid, acceptedUntil) => {
      const key = keys.get(kid)
      if (key === undefined || (key.acceptedUntil ?? Number.POSITIVE_INFINITY) <= acceptedUntil) return false
      keys.set(kid, { ...key, acceptedUntil })
      return true
    },
  }
}
