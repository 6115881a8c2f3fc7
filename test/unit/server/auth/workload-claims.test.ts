import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyClaims, readClaimTexts, UnreadableClaims } from '../../../../src/server/auth/workload-claims.ts'

/** The texts, or that they were refused. */
function read(payload: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> | 'refused' {
  try {
    return readClaimTexts(payload)
  } catch (error) {
    if (error instanceof UnreadableClaims) return 'refused'
    throw error
  }
}

describe('claims', () => {
  test('of any token are plain texts by plain names, or refused', () => {
    const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value), (payload) => {
        const texts = read(JSON.parse(JSON.stringify(payload)))
        if (texts === 'refused') return
        for (const [name, text] of texts) {
          expect(name).toMatch(/^[\x21-\x7e]{1,200}$/)
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each<[string, unknown]>([
    ['a number', 1],
    ['a list', ['x']],
    ['nothing', null],
    ['an empty object', {}],
  ])('that are %s are no text', (_what, value) => {
    expect(readClaimTexts({ a: value })).toEqual(new Map())
  })

  test('called like members of objects are claims like any other, and none changes what an object is', () => {
    const texts = readClaimTexts(JSON.parse('{"__proto__":"x","constructor":"y","toString":"z"}'))
    expect(Object.entries(policyClaims(texts))).toEqual([
      ['constructor', 'y'],
      ['toString', 'z'],
    ])
  })

  test('about the token itself are no matter of policies', () => {
    const texts = readClaimTexts({ iss: 'i', sub: 's', aud: 'a', jti: 'j', ref: 'main' })
    expect(texts.get('sub')).toBe('s')
    expect(policyClaims(texts)).toEqual({ ref: 'main' })
  })
})
