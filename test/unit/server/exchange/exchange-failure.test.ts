import { expect, test } from 'vitest'
import { ExchangeFailure, exchangeFailure } from '../../../../src/server/exchange/exchange-failure.ts'

test('a library that failed before any call is a bug, told without what it carries', () => {
  const theirs = Object.assign(new TypeError('n is not a constructor: eyJhbGciOiJSUzI1NiJ9.e30.c2ln'), {
    config: 'secret',
  })
  const failure = exchangeFailure(undefined, theirs)
  expect(failure).not.toBeInstanceOf(ExchangeFailure)
  expect(failure.message).toBe('No call was made: n is not a constructor: [redacted]')
  expect(failure.cause).toBeUndefined()
})

test('one that called is told by what the wire had', () => {
  const last = { host: 'sts.googleapis.com' }
  expect(exchangeFailure(last, new Error('x'))).toMatchObject({ name: 'ExchangeFailure', last })
})
