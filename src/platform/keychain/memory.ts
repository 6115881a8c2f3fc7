import type { KeyStore } from './types.ts'

/** Keys of this process only. Nothing can be read again by the next one: a later `jit` must log in anew. */
export function memoryKeyStore(): KeyStore {
  const items = new Map<string, Uint8Array>()
  return {
    name: 'memory of this process',
    get: async (item) => items.get(item)?.slice(),
    set: async (item, key) => void items.set(item, key.slice()),
    delete: async (item) => {
      items.get(item)?.fill(0)
      items.delete(item)
    },
  }
}
