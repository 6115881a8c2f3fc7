import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

export type Patience = { readonly withinMs?: number; readonly everyMs?: number }

/** Asks again and again until the answer is `wanted` or the time is over; resolves with the last answer, for the test to judge. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  wanted: T,
  { withinMs = 30_000, everyMs = 50 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (isDeepStrictEqual(answer, wanted) || performance.now() > deadline) return answer
    await pause(everyMs)
  }
}
