import { assert, constantFrom, dictionary, json, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { addressRanges } from '../../../../src/platform/address-ranges.ts'
import { clientAddress } from '../../../../src/server/http/client-address.ts'
import { rateLimit } from '../../../../src/server/http/rate-limit.ts'
import { shapeOf } from '../../../../src/server/http/same-shape.ts'
import { DuplicateMember, parseJson } from '../../../../src/server/http/strict-json.ts'
import { manualClock } from '../../../support/manual-clock.ts'

describe('strict JSON', () => {
  test('reads what JSON.parse reads', () => {
    assert(
      property(json(), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  test('finds any member that an object names twice, however deep and however written', () => {
    const wrap = constantFrom<(text: string) => string>(
      (text) => text,
      (text) => `[1,${text}]`,
      (text) => `{"a":{"b":[${text}]},"c":"{"}`,
    )
    const escaped = (name: string): string =>
      `"${name
        .split('')
        .map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('')}"`
    assert(
      property(dictionary(string(), json()), string({ unit: 'grapheme-ascii' }), wrap, (rest, name, wrapped) => {
        const others = Object.entries(rest).filter(([other]) => other !== name)
        const members = others.map(([other, value]) => `${JSON.stringify(other)}:${value}`)
        const twice = [`${JSON.stringify(name)}:1`, ...members, `${escaped(name)}:2`].join(' , ')
        expect(() => parseJson(wrapped(`{${twice}}`))).toThrow(DuplicateMember)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the address of a caller', () => {
  const proxies = addressRanges(['10.0.0.1', '10.0.0.2/31', 'fd00::/8'])
  test.each<[string, string | undefined, string | undefined, string]>([
    ['is the peer', '192.0.2.7', undefined, '192.0.2.7'],
    ['is the peer although it claims another', '192.0.2.7', '198.51.100.1', '192.0.2.7'],
    ['is what a trusted proxy saw', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['is what the outermost trusted proxy saw', '10.0.0.1', '203.0.113.9, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['is never what the caller wrote before it', '10.0.0.1', '10.0.0.2, 198.51.100.1', '198.51.100.1'],
    ['is the proxy where it says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['is the proxy where it says nonsense', '10.0.0.1', '198.51.100.1, nonsense', '10.0.0.1'],
    ['is IPv4 also on a dual-stack socket', '::ffff:10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['may come with a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['may be IPv6 with a port', 'fd00::1', '[2001:db8::7]:4711, [fd00::2]', '2001:db8::7'],
    ['may be IPv6', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['is unknown without a socket', undefined, '198.51.100.1', 'unknown'],
  ])('%s', (_, peer, forwardedFor, address) => {
    expect(clientAddress(peer, forwardedFor, proxies)).toBe(address)
  })
})

test.each(['10.0.0', '10.0.0.1/33', '10.0.0.1/x', '::1/129', 'proxy.example', ''])('no network: "%s"', (range) => {
  expect(() => addressRanges([range])).toThrow(RangeError)
})

describe('the rate limit', () => {
  test('allows a burst, then the long-run rate, to each on his own', () => {
    const clock = manualClock()
    const limit = rateLimit({ burst: 3, perSecond: 2 }, clock)
    const take = (who: string): void => {
      limit.demand(who)
      limit.charge(who)
    }
    for (let i = 0; i < 3; i++) take('a')
    expect(() => take('a')).toThrow('Too many calls')
    take('b')
    clock.advance(499)
    expect(() => take('a')).toThrow('Too many calls')
    clock.advance(1)
    take('a')
    expect(() => take('a')).toThrow('Too many calls')
  })

  test('gives nothing for a clock that is set back', () => {
    const clock = manualClock()
    const limit = rateLimit({ burst: 1, perSecond: 1 }, clock)
    limit.charge('a')
    clock.advance(-60_000)
    expect(() => limit.demand('a')).toThrow('Too many calls')
  })
})

test('a schema that differs from the contract does not compile', () => {
  type Contract = { readonly a: string; readonly b?: number; readonly c: readonly string[] }
  const c = z.array(z.string()).readonly()
  const same = shapeOf<Contract>()(z.strictObject({ a: z.string(), b: z.number().exactOptional(), c }))
  // @ts-expect-error: an optional member is missing
  shapeOf<Contract>()(z.strictObject({ a: z.string(), c }))
  // @ts-expect-error: a member too many
  shapeOf<Contract>()(z.strictObject({ a: z.string(), b: z.number().exactOptional(), c, d: z.string() }))
  // @ts-expect-error: optional in the contract, required in the schema
  shapeOf<Contract>()(z.strictObject({ a: z.string(), b: z.number(), c }))
  // @ts-expect-error: another type
  shapeOf<Contract>()(z.strictObject({ a: z.number(), b: z.number().exactOptional(), c }))
  // @ts-expect-error: wider than the contract
  shapeOf<Contract>()(z.strictObject({ a: z.string().or(z.number()), b: z.number().exactOptional(), c }))
  expect(same.safeParse({ a: '', c: [] }).success).toBe(true)
})
