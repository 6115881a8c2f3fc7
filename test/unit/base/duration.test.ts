import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/base/duration.ts'

const WEEK = 7 * 86_400

/** A second reading of the same grammar, character by character, to hold against the regular expressions. */
function slowly(text: string): number | undefined {
  const iso = text.startsWith('P')
  let rest = iso ? text.slice(1) : text
  const sizes: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ]
  let total = 0
  for (const [unit, size] of sizes) {
    if (iso && unit === 'h') {
      if (rest.startsWith('T') && rest.length > 1) rest = rest.slice(1)
      else if (rest !== '') return undefined
    }
    const digits = rest.split('').findIndex((c) => !'0123456789'.includes(c))
    const count = rest.slice(0, Math.max(digits, 0))
    if (count === '' || rest[digits] !== (iso ? unit.toUpperCase() : unit)) continue
    if (count.length > 6 || (count.length > 1 && count.startsWith('0'))) return undefined
    total += Number(count) * size
    rest = rest.slice(digits + 1)
  }
  return rest === '' && total > 0 && total <= WEEK ? total : undefined
}

const read = (text: string): number | undefined => {
  try {
    return parseDuration(text)
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return undefined
  }
}

describe('parseDuration', () => {
  test.each([
    ['90m', 5400],
    ['1h30m', 5400],
    ['5400s', 5400],
    ['PT1H30M', 5400],
    ['2d', 172_800],
    ['7d', WEEK],
    ['P1DT2H', 93_600],
    ['1h0m5s', 3605],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  test.each([
    '',
    ' ',
    '0',
    '90',
    '0m',
    '0h0m',
    '-5m',
    '+5m',
    '1.5h',
    '1,5h',
    '1e3s',
    '30m1h',
    '1h1h',
    '90M',
    '1H',
    'pt1h',
    'P',
    'PT',
    'P1DT',
    'P1H',
    'PT1D',
    'PT1h',
    '1h 30m',
    ' 1h',
    '1h\n',
    '01h',
    '٣٠m',
    '３０m',
    '1w',
    'NaNs',
    'Infinitys',
    '0x10s',
    '8d',
    '7d1s',
    '999999d',
    '99999999999999999999s',
    '1h30',
    'h',
    '1hm',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError)
  })

  test('says what it was given and what would do', () => {
    expect(() => parseDuration('1 hour')).toThrow('"1 hour" is no duration: write 90m, 1h30m or PT1H30M.')
    expect(() => parseDuration('8d')).toThrow('"8d" is longer than 7d, the longest duration there is.')
  })

  test('reads what formatDuration writes, for every whole second of a week', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: WEEK }), (seconds) => {
        expect(parseDuration(formatDuration(seconds).replaceAll(' ', ''))).toBe(seconds)
      }),
    )
  })

  test('agrees with a second reading of the grammar, and never gives more than a week or less than a second', () => {
    const piece = fc.constantFrom(
      'P',
      'T',
      'd',
      'h',
      'm',
      's',
      'D',
      'H',
      'M',
      'S',
      '0',
      '1',
      '7',
      '30',
      '90',
      '999999',
      ' ',
      '٣',
    )
    const text = fc.oneof(
      { weight: 3, arbitrary: fc.array(piece, { maxLength: 9 }).map((p) => p.join('')) },
      fc.string(),
    )
    fc.assert(
      fc.property(text, (each) => {
        expect(read(each)).toBe(slowly(each))
      }),
      { numRuns: 5_000 },
    )
  })
})

test.each([
  [5400, '1h 30m'],
  [45, '45s'],
  [86_400, '1d'],
  [90_061, '1d 1h 1m 1s'],
  [59.9, '59s'],
  [0, '0s'],
  [-5, '0s'],
])('formatDuration(%d) is %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
