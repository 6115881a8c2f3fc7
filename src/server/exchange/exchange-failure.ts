import { withoutSecrets } from '../../base/without-secrets.ts'
import type { LastCall } from './guarded-http.ts'

/** What a cloud's library threw, as the wire had it. Carries neither the request nor the library's error, in which the tokens are. */
export class ExchangeFailure extends Error {
  readonly last: LastCall
  constructor(last: LastCall) {
    super(`No token came from ${last.host}.`)
    this.name = 'ExchangeFailure'
    this.last = last
  }
}

/** A library that failed before it called anybody has a bug, or we have. */
export function exchangeFailure(last: LastCall | undefined, error: unknown): Error {
  if (last !== undefined) return new ExchangeFailure(last)
  return new Error(`No call was made: ${error instanceof Error ? withoutSecrets(error.message, []) : 'unknown'}`)
}
