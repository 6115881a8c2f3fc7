import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { asciiText, quotedText, terminalText } from '../../../src/base/terminal-text.ts'

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

test('words of another server are one trimmed line of bounded length', () => {
  expect(quotedText('  Größe: 10 €,\r\n日本語 👍\u202e ')).toBe('Größe: 10 €, 日本語 👍')
  expect(quotedText('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`)
  expect(quotedText('abcdef', 4)).toBe('abc…')
})

test('a terminal without UTF-8 gets ASCII, a cell for a letter', () => {
  expect(asciiText('→ jit login… Zoë’s 山\n\u001b[1mb\u001b[22m')).toBe("-> jit login... Zoe's ?\n\u001b[1mb\u001b[22m")
})
