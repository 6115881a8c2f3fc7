import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from '../../../src/base/printable.ts'

test('text of others keeps its words and loses what moves a terminal', () => {
  expect(printable('Größe: 10 €, 日本語 👍')).toBe('Größe: 10 €, 日本語 👍')
  expect(printable('a\u001b[31mb\r\nc\u202Ed\u200Be\u2028f\u0000')).toBe('a [31mb c d e f')
  expect(printable('x'.repeat(500))).toHaveLength(300)
})

test('nothing printable can start an escape sequence or a new line', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const shown = printable(text, 50)
      expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
      expect(shown.length).toBeLessThanOrEqual(50)
    }),
    { numRuns: 500 },
  )
})
