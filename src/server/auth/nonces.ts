import { createHmac, timingSafeEqual } from 'node:crypto'
import { recent } from '../../base/recent.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Nonces } from './types.ts'

/** A nonce is accepted in the window it was made in and in the one after. */
export const NONCE_WINDOW_MS = 150_000

/**
 * Nonces without a table: `window.HMAC(key, window)`. With a key of this process, a proof made before its start is refused
 * whatever its `iat` says, so the replay memory of this process knows all proofs that can still be accepted.
 */
export function makeNonces(clock: Clock, random: Random): Nonces {
  const key = random.bytes(32)
  const current = (): number => Math.floor(clock.now() / NONCE_WINDOW_MS)
  const made = recent<string>(4)
  const make = (window: number): string =>
    `${window.toString(36)}.${createHmac('sha256', key).update(`dpop-nonce ${window}`).digest('base64url').slice(0, 22)}`
  const nonceOf = (window: number): string => {
    const nonce = made.get(`${window}`) ?? make(window)
    made.set(`${window}`, nonce)
    return nonce
  }

  return {
    issue: () => nonceOf(current()),
    accepts: (nonce) => [current(), current() - 1].some((window) => equal(nonce, nonceOf(window))),
  }
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
