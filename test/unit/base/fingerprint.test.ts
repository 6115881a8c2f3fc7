import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../../src/base/fingerprint.ts'
import { FINGERPRINT_WORDS } from '../../../src/base/fingerprint-words.ts'

const told = { requestId: 'r_1', jkt: 'key', targets: ['dev', 'prod'], durationSeconds: 3600 }

describe('fingerprint', () => {
  test('is the same on both sides and in every version', () => {
    expect(fingerprint(told)).toBe('carbon-ticket-thistle-nectar')
  })

  test.each([
    { requestId: 'r_2' },
    { jkt: 'other' },
    { targets: ['dev'] },
    { targets: ['prod', 'dev'] },
    { durationSeconds: 60 },
  ])('changes with %j', (change) => {
    expect(fingerprint({ ...told, ...change })).not.toBe(fingerprint(told))
  })

  test('covers exactly what it says: other members do not change it', () => {
    const more = { ...told, reason: 'x' }
    expect(fingerprint(more)).toBe(fingerprint(told))
  })
})

describe('the words', () => {
  test('are 256 short words, no two alike by less than two letters', () => {
    expect(FINGERPRINT_WORDS).toHaveLength(256)
    for (const word of FINGERPRINT_WORDS) expect(word).toMatch(/^[a-z]{3,8}$/)
    const close = FINGERPRINT_WORDS.flatMap((a, i) => FINGERPRINT_WORDS.slice(i + 1).filter((b) => oneEditApart(a, b)))
    expect(close).toEqual([])
  })
})

function oneEditApart(a: string, b: string): boolean {
  if (a.length > b.length) return oneEditApart(b, a)
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  return a.slice(a.length === b.length ? i + 1 : i) === b.slice(i + 1)
}
