import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  append,
  type Json,
  type JsonPath,
  jsonOf,
  prepend,
  readJson,
  removeAt,
  replaceAt,
  spanAt,
  valueAt,
} from '../../../src/base/json-splice.ts'
import { pythonJson } from '../../support/python-json.ts'

/** JSON text with any space wherever space may be, BOM and odd strings. */
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
const hostile = fc.constantFrom(
  '{"a":1}',
  '],[',
  '\\"',
  '"',
  '\u2028',
  'é',
  '😀',
  '\ud800',
  '\u0000',
  '\\',
  ',',
  '__proto__',
)
const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), hostile)
const literal = fc
  .oneof(
    word.map((text) => JSON.stringify(text)),
    word.map((text) =>
      JSON.stringify(text).replaceAll(/[^"\\]/g, (c) => (/\w/.test(c) ? `\\u00${c.charCodeAt(0).toString(16)}` : c)),
    ),
    fc.constantFrom('null', 'true', 'false', '0', '-1.5e+3', '123456789012345678901234567890', '"\\/"'),
  )
  .filter((text) => readJson(Buffer.from(text)).ok)
const { node: document } = fc.letrec<{ node: string; list: string; object: string }>((tie) => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, literal, tie('list'), tie('object')),
  list: fc
    .tuple(space, fc.array(fc.tuple(space, tie('node'), space), { maxLength: 4 }))
    .map(([empty, items]) => `[${items.length === 0 ? empty : items.map((item) => item.join('')).join(',')}]`),
  object: fc
    .tuple(
      space,
      fc.uniqueArray(fc.tuple(word, space, space, tie('node'), space), { maxLength: 4, selector: ([key]) => key }),
    )
    .map(([empty, members]) => {
      const text = members.map(([key, a, b, value, c]) => `${a}${JSON.stringify(key)}${b}:${c}${value}${a}`)
      return `{${members.length === 0 ? empty : text.join(',')}}`
    }),
}))
const anyJson = fc.tuple(fc.constantFrom('', '\uFEFF'), space, document, space).map((parts) => jsonOf(parts.join('')))

function containers(json: Json, path: JsonPath = []): readonly JsonPath[] {
  const value = valueAt(json, path)
  if (typeof value !== 'object' || value === null) return []
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return [path, ...keys.flatMap((key) => containers(json, [...path, key]))]
}

const OURS = { jit: ['"}', { x: 1 }] }

/** Puts ours somewhere; `undefined` where the text has no container. */
function putInto(
  json: Json,
  seed: number,
  where: 'first' | 'last',
  name: string,
): readonly [Json, JsonPath] | undefined {
  const places = containers(json)
  const into = places[seed % Math.max(1, places.length)]
  if (into === undefined) return undefined
  const value = valueAt(json, into)
  const key = Array.isArray(value) ? undefined : name
  if (key !== undefined && Object.hasOwn(Object(value), key)) return undefined
  const put = where === 'first' ? prepend : append
  const index = Array.isArray(value) ? (where === 'first' ? 0 : value.length) : name
  return [put(json, into, JSON.stringify(OURS), key), [...into, index]]
}

describe('an edit of JSON text', () => {
  test('is undone to the last byte, wherever it went', () => {
    fc.assert(
      fc.property(anyJson, fc.nat(), fc.constantFrom('first', 'last'), (json, seed, where) => {
        const put = putInto(json, seed, where, 'ours')
        if (put === undefined) return
        const [next, path] = put
        expect(valueAt(next, path)).toEqual(OURS)
        expect(removeAt(next, path).text).toBe(json.text)
      }),
      { numRuns: 2000 },
    )
  })

  test('leaves every other value as it was', () => {
    fc.assert(
      fc.property(anyJson, fc.nat(), fc.constantFrom('first', 'last'), (json, seed, where) => {
        const put = putInto(json, seed, where, 'ours')
        if (put === undefined) return
        const [next, path] = put
        const seen = valueAt(jsonOf(next.text), [])
        const own = path.at(-1)
        const parent = path.slice(0, -1).reduce((at, key) => Reflect.get(Object(at), key), seen)
        if (Array.isArray(parent)) parent.splice(Number(own), 1)
        else Reflect.deleteProperty(Object(parent), own ?? '')
        expect(seen).toEqual(valueAt(json, []))
      }),
      { numRuns: 1000 },
    )
  })

  test('of two members behind each other is undone in either order', () => {
    fc.assert(
      fc.property(anyJson, fc.nat(), fc.boolean(), (json, seed, firstGoesFirst) => {
        const into = containers(json).find((path) => !Array.isArray(valueAt(json, path)))
        if (into === undefined || ['a1', 'b2'].some((key) => Object.hasOwn(Object(valueAt(json, into)), key))) return
        const both = append(append(json, into, String(seed), 'a1'), into, '[]', 'b2')
        const [one, two] = firstGoesFirst ? ['a1', 'b2'] : ['b2', 'a1']
        expect(removeAt(removeAt(both, [...into, one ?? '']), [...into, two ?? '']).text).toBe(json.text)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([0, 4])('is undone after Python has written the file anew with indent %i', (indent) => {
    fc.assert(
      fc.property(anyJson, fc.nat(), fc.constantFrom('first', 'last'), (json, seed, where) => {
        const put = putInto(json, seed, where, 'ours')
        if (put === undefined) return
        const [next, path] = put
        const rewritten = jsonOf(pythonJson(valueAt(next, []), indent))
        expect(removeAt(rewritten, path).text).toBe(pythonJson(valueAt(json, []), indent))
      }),
      { numRuns: 500 },
    )
  })

  test('replaces one value and nothing beside it', () => {
    const json = jsonOf('\uFEFF{ "a" : [1, {"b":true } ]\r\n}')
    expect(replaceAt(json, ['a', 1, 'b'], 'false').text).toBe('\uFEFF{ "a" : [1, {"b":false } ]\r\n}')
  })

  test('takes on the indentation of its neighbours', () => {
    expect(append(jsonOf('{\n\t"a": 1\n}'), [], '2', 'b').text).toBe('{\n\t"a": 1,\n\t"b": 2\n}')
    expect(prepend(jsonOf('[\r\n  1\r\n]'), [], '0').text).toBe('[\r\n  0,\r\n  1\r\n]')
  })

  test('of a name or an item that is not there is a mistake of the caller', () => {
    const json = jsonOf('{"a":[1]}')
    expect(() => removeAt(json, ['b'])).toThrow(RangeError)
    expect(() => removeAt(json, ['a', 1])).toThrow(RangeError)
    expect(() => append(json, ['a', 0], '1')).toThrow(RangeError)
    expect(() => append(json, [], '1')).toThrow(RangeError)
    expect(() => append(json, ['a'], '1', 'key')).toThrow(RangeError)
  })
})

/** V8 reads such keys wrongly now and then (node 24.21), so `JSON.parse` is no measure for them. */
const ESCAPED_KEY = /\\[^"]*"\s*:|\\".*:/s

describe('reading JSON', () => {
  test('finds each value where it is written', () => {
    fc.assert(
      fc.property(anyJson, (json) => {
        fc.pre(!ESCAPED_KEY.test(json.text))
        const bytes = Buffer.from(json.text)
        for (const path of containers(json)) {
          const span = spanAt(json, path)
          expect(JSON.parse(bytes.subarray(span?.start, span?.end).toString())).toEqual(valueAt(json, path))
        }
      }),
      { numRuns: 500 },
    )
    const json = jsonOf('\uFEFF{"é":["ä😀","secret"]}')
    const span = spanAt(json, ['é', 1])
    expect(Buffer.from(json.text).subarray(span?.start, span?.end).toString()).toBe('secret')
  })

  test.each([
    ['', 'it is not valid JSON'],
    ['{"a":1', 'it is not valid JSON'],
    ['{"a":1,}', 'it is not valid JSON'],
    ['// note\n{}', 'it is not valid JSON'],
    ['{"a":NaN}', 'it is not valid JSON'],
    ['{"a":1}{"b":2}', 'it is not valid JSON'],
    ['\uFEFF\uFEFF{}', 'it is not valid JSON'],
    ['{"a":{"b":1,"\\u0062":2}}', 'it has "b" twice in one object'],
    ['['.repeat(5000) + ']'.repeat(5000), 'it is nested too deep'],
  ])('refuses %.30j', (text, why) => {
    expect(readJson(Buffer.from(text))).toEqual({ ok: false, why })
  })

  test('refuses bytes that are no text', () => {
    expect(readJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ ok: false, why: 'it is not valid UTF-8' })
  })

  test('never says what is in the file', () => {
    expect(JSON.stringify(readJson(Buffer.from('{"secret": eyJhbGciOi}')))).not.toContain('eyJ')
  })

  test('takes a name such as __proto__ for a name', () => {
    const json = jsonOf('{"__proto__":{"a":1}}')
    expect(valueAt(json, ['__proto__', 'a'])).toBe(1)
    expect(valueAt(json, ['constructor'])).toBeUndefined()
  })

  test('is right about names that JSON.parse takes for each other', () => {
    for (const name of ['\\', '"', '\\"']) {
      const text = JSON.stringify({ ',': null, [name]: 'x' })
      expect(valueAt(jsonOf(text), [name])).toBe('x')
      expect(valueAt(jsonOf(text), [])).toEqual({ ',': null, [name]: 'x' })
    }
  })

  test('agrees with JSON.parse on ordinary text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (value, indent) => {
        fc.pre(!JSON.stringify(value).includes('\\'))
        const text = JSON.stringify(value, null, indent)
        expect(valueAt(jsonOf(text), [])).toEqual(JSON.parse(text))
      }),
      { numRuns: 1000 },
    )
  })

  test('a megabyte of one string is read', () => {
    const json = jsonOf(`{"a":"${'x\\n'.repeat(400_000)}","b":1}`)
    expect(valueAt(json, ['b'])).toBe(1)
  })
})
