/** The last `most` values by key; the one set first goes first. For what is dear to work out twice and must not fill the memory. */
export interface Recent<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
}

export function recent<T>(most: number): Recent<T> {
  const kept = new Map<string, T>()
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      kept.set(key, value)
      if (kept.size > most) kept.delete(kept.keys().next().value ?? '')
    },
  }
}
