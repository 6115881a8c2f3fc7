/** A value whose changes are seen only after a while, as in every eventually consistent cloud. */
export function createDelayed<T>(initial: T, visibleFrom: number, before: T, now: () => number) {
  const versions = [
    { visibleFrom: Number.NEGATIVE_INFINITY, value: before },
    { visibleFrom, value: initial },
  ]
  return {
    current: (): T => versions.findLast((version) => version.visibleFrom <= now())?.value ?? before,
    change(edit: (latest: T) => T, delayMs: number): void {
      versions.push({ visibleFrom: now() + delayMs, value: edit(versions.at(-1)?.value ?? before) })
    },
  }
}
