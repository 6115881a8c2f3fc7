import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineOfByte, splitStatements } from '../../../../src/server/policy/statements.ts'

describe('splitting a policy file', () => {
  test('keeps each policy with the line of its first word', () => {
    const text = '// head; not a policy\n\n@id("a")\npermit(principal, action, resource);\r\nforbid(x); // tail;'
    expect(splitStatements(text)).toEqual([
      { text: '@id("a")\npermit(principal, action, resource);', line: 3 },
      { text: 'forbid(x);', line: 5 },
    ])
  })

  test('does not end a policy inside a string or a comment', () => {
    const text = '@why("a; b // c \\" d;") permit(principal, // x; "\n action, resource);'
    expect(splitStatements(text)).toEqual([{ text, line: 1 }])
  })

  test('ends a comment at a lone CR as Cedar does, so that no forbid hides behind it', () => {
    expect(splitStatements('// note\rforbid(principal, action, resource);')).toEqual([
      { text: 'forbid(principal, action, resource);', line: 2 },
    ])
  })

  test('shows an unfinished policy instead of dropping it', () => {
    expect(splitStatements('permit(a);\nforbid(b)')).toMatchObject([{ line: 1 }, { text: 'forbid(b)', line: 2 }])
    expect(splitStatements('permit("a)')).toEqual([{ text: 'permit("a)', line: 1 }])
  })

  test('counts the lines before a byte that Cedar names, not before a character', () => {
    const [statement] = splitStatements('\n@why("ééé")\nforbid(x);')
    if (statement === undefined) throw new Error('no statement')
    expect(lineOfByte(statement, Buffer.byteLength('@why("ééé")'))).toBe(2)
    expect(lineOfByte(statement, Buffer.byteLength('@why("ééé")\n'))).toBe(3)
  })

  test('loses nothing but blanks and comments of any text', () => {
    const piece = fc.constantFrom('a', ';', '"', '\\', '/', '//', '\n', '\r', ' ', 'é', '@id("x")', 'permit(p);')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        const found = splitStatements(text)
        const skipped = /^(?:\/\/[^\n\r]*|\s)*/
        let rest = text.replace(skipped, '')
        for (const { text: each } of found) {
          expect(rest.startsWith(each)).toBe(true)
          rest = rest.slice(each.length).replace(skipped, '')
        }
        expect(rest).toBe('')
      }),
    )
  })
})
