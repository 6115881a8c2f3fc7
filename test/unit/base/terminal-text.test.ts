import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from '../../../src/base/nearest.ts'
import { terminalText } from '../../../src/base/terminal-text.ts'

test.each([
  ['plain Änderung 山田', 'plain Änderung 山田'],
  ['\u001b]52;c;ZXZpbA==\u0007x', ']52;c;ZXZpbA==x'],
  ['\u001b[2Jx\u009b31m', '[2Jx31m'],
  ['user\u202etxt.exe', 'usertxt.exe'],
  ['a\u2066b\u2069\u200b\u00ad\u{e0041}', 'ab'],
  ['two\r\nlines\u2028more', 'two lines more'],
  ['\ud800x', 'x'],
])('%j is printed as %j', (text, wanted) => {
  expect(terminalText(text)).toBe(wanted)
})

test('nothing that moves a cursor or reorders text is left, whatever comes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(terminalText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test.each([
  ['prod-bd', 'prod-db'],
  ['PROD-DB', 'prod-db'],
  ['log', 'logs'],
  ['payments', undefined],
  ['x', undefined],
])('the name meant by %j is %j', (typed, wanted) => {
  expect(nearest(typed, ['logs', 'prod-db', 'prod-web'])).toBe(wanted)
})
