import { describe, expect, test } from 'vitest'
import { withoutSecrets } from '../../../src/base/without-secrets.ts'

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'

describe("a cloud's words", () => {
  test.each([
    ['a known secret, each time', 'Value s3cr3t, again s3cr3t.', 'Value [redacted], again [redacted].'],
    ['a JWT', `The token ${JWT} is old.`, 'The token [redacted] is old.'],
    ['a JWT cut short', `The token ${JWT.slice(0, 30)}…`, 'The token [redacted]…'],
    ['a token of Google', 'ya29.a0AfH6SMBx-token was refused', '[redacted] was refused'],
  ])('lose %s', (_what, words, shown) => {
    expect(withoutSecrets(words, ['s3cr3t'])).toBe(shown)
  })

  test('stay whole where a secret is empty', () => {
    expect(withoutSecrets('access denied', [''])).toBe('access denied')
  })

  test('are one line that ends, and turn no terminal around', () => {
    const shown = withoutSecrets(`a\r\nb\u001b[2J\u202e ${'x'.repeat(900)}`, [])
    expect(shown).toMatch(/^a b\[2J x+…$/)
    expect(shown).toHaveLength(400)
  })
})
