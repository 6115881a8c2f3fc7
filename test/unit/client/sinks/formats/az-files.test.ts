import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../../src/base/errors.ts'
import { jsonOf, valueAt } from '../../../../../src/base/json-splice.ts'
import { azProfile } from '../../../../../src/client/sinks/formats/az-profile.ts'
import { azServicePrincipals } from '../../../../../src/client/sinks/formats/az-service-principals.ts'
import { azTokenCache } from '../../../../../src/client/sinks/formats/az-token-cache.ts'
import type { Format, NewEntry } from '../../../../../src/client/sinks/formats/types.ts'
import {
  aliceCache,
  guid,
  principalEntry,
  profileEntry,
  subscription,
  tokenEntry,
} from '../../../../support/azure-entries.ts'
import { pythonJson } from '../../../../support/python-json.ts'

type Subject = {
  readonly format: Format
  readonly entry: (number: number, profile?: string) => NewEntry
  /** What a user may have. */
  readonly values: fc.Arbitrary<unknown>
  readonly bom: string
  /** Indentation with which `az` writes this file. */
  readonly indent: number
  /** Something that `az` does for the user meanwhile. */
  readonly login: (value: unknown) => unknown
}

const record = (value: unknown): Record<string, unknown> => Object.fromEntries(Object.entries(Object(value)))
const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const odd = fc.constantFrom('Prod "DB"', 'Prüfung', '😀', '\\', 'jit', '{"id":1}')
const people = fc.uniqueArray(fc.nat({ max: 9 }), { maxLength: 4 })

const PROFILE: Subject = {
  format: azProfile,
  entry: (number, profile) => profileEntry(number, { asDefault: number % 2 === 0 }, profile),
  values: fc
    .tuple(people, fc.nat({ max: 9 }), odd, fc.constantFrom({}, { installationId: 'i' }))
    .map(([ids, chosen, name, more]) => ({
      ...more,
      subscriptions: ids.map((id) => subscription(guid(id), `${name} ${id}`, id === chosen && id > 3)),
    })),
  bom: '\uFEFF',
  indent: 0,
  login: (value) => ({
    ...record(value),
    subscriptions: [...items(record(value)['subscriptions']), subscription(guid('e'), 'new')],
  }),
}
const PRINCIPALS: Subject = {
  format: azServicePrincipals,
  entry: principalEntry,
  values: fc
    .array(odd)
    .map((names) => names.map((tenant) => ({ tenant, client_id: 'mine', client_secret: 'secret of mine' }))),
  bom: '',
  indent: 4,
  login: (value) => [...items(value), { client_id: 'new', tenant: 't', client_secret: 's' }],
}
const CACHE: Subject = {
  format: azTokenCache,
  entry: (number, profile) => tokenEntry(number, {}, profile),
  values: fc.constantFrom<unknown>({}, { AccessToken: {} }, { AppMetadata: {} }, aliceCache, {
    RefreshToken: {},
    odd: [1],
  }),
  bom: '',
  indent: 4,
  login: (value) => ({ ...record(value), Account: { ...record(record(value)['Account']), new: { realm: 't' } } }),
}

/** As somebody may have written it: compact, as `az` does it, or by an editor. */
const written = ({ values, bom }: Subject): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
    {
      weight: 9,
      arbitrary: fc
        .tuple(
          values,
          fc.constantFrom(0, 1, 4),
          fc.constantFrom('\n', '\r\n'),
          fc.constantFrom('', '\n', ' \t'),
          fc.boolean(),
        )
        .map(([value, indent, eol, tail, isCompact]) => {
          const text = isCompact ? JSON.stringify(value) : pythonJson(value, indent)
          return Buffer.from(bom + text.replaceAll('\n', eol) + tail)
        }),
    },
  )

const asAz = ({ bom, indent }: Subject, value: unknown): Buffer => Buffer.from(bom + pythonJson(value, indent))
/** An entry that had stepped aside comes back as the user had written it, so space and escapes may differ from az's. */
const plain = (bytes: Buffer): string =>
  bytes
    .toString()
    .replaceAll(/\s/g, '')
    .replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const valueOf = (bytes: Buffer): unknown => valueAt(jsonOf(bytes.toString()), [])
const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 })

/** Entries that the file takes; of an own subscription that is the default, say, it does not. */
function insertAll(
  { format, entry }: Subject,
  bytes: Buffer,
  numbers: readonly number[],
): readonly [Buffer, readonly number[]] {
  let next = bytes
  const taken: number[] = []
  for (const number of numbers) {
    try {
      next = format.insert(next, entry(number))
      taken.push(number)
    } catch (error) {
      if (!(error instanceof JitError && error.code === 'PROFILE_TAKEN')) throw error
    }
  }
  return [next, taken]
}

const lease = (number: number) => (found: { readonly lease: string }) => found.lease === `g_${number}`

describe.each([PROFILE, PRINCIPALS, CACHE])('$format.name', (subject) => {
  const { format, entry } = subject

  test('gives the file back to the byte, in whatever order grants end', () => {
    fc.assert(
      fc.property(written(subject), order, order, (bytes, inserted, removed) => {
        const [full, taken] = insertAll(subject, bytes, inserted)
        let next = full
        for (const number of [...removed, 0, 1, 2, 3]) {
          next = format.remove(next, lease(number))
          expect(format.find(next).some(lease(number))).toBe(false)
        }
        expect(taken.length).toBeGreaterThan(0)
        expect(next.toString()).toBe(bytes.toString())
      }),
      { numRuns: 400 },
    )
  })

  test('gives back what az has written meanwhile', () => {
    fc.assert(
      fc.property(written(subject), order, fc.nat({ max: 3 }), fc.boolean(), (bytes, inserted, first, login) => {
        fc.pre(bytes.length > 0)
        const change = login ? subject.login : (value: unknown): unknown => value
        const [full] = insertAll(subject, bytes, inserted)
        const rewritten = asAz(subject, change(valueOf(format.remove(full, lease(first)))))
        const next = format.remove(rewritten, () => true)
        expect(valueOf(next)).toEqual(change(valueOf(bytes)))
        expect(plain(next)).toBe(plain(asAz(subject, change(valueOf(bytes)))))
      }),
      { numRuns: 400 },
    )
  })

  test('leaves a file that it would take itself', () => {
    fc.assert(
      fc.property(written(subject), order, (bytes, numbers) => {
        const [full, taken] = insertAll(subject, bytes, numbers)
        const checks = taken.map((number) => () => {
          const wanted = { profile: `jit-target-${number}`, asDefault: false, content: entry(number).content }
          format.check('/f', full, wanted)
        })
        for (const check of checks) expect(check).not.toThrow()
      }),
      { numRuns: 300 },
    )
  })

  test('writes the same again and nothing else, so that a second try changes nothing', () => {
    fc.assert(
      fc.property(written(subject), order, (bytes, numbers) => {
        const [full, taken] = insertAll(subject, bytes, numbers)
        const again = taken.slice(-1).map((number) => format.insert(full, entry(number)).toString())
        expect(again).toEqual(taken.slice(-1).map(() => full.toString()))
      }),
      { numRuns: 300 },
    )
  })

  test('a new grant takes the place of the one before it under the same name', () => {
    const one = format.insert(Buffer.alloc(0), entry(1))
    const two = format.insert(one, { ...entry(1), lease: 'g_9', expiresAt: 7 })
    expect(format.find(two)).toEqual([expect.objectContaining({ lease: 'g_9', expiresAt: 7, profile: 'jit-target-1' })])
    expect(format.remove(two, lease(1))).toEqual(two)
    expect(format.remove(two, () => true)).toHaveLength(0)
  })

  test('finds entries by their marks alone, after az has written the file anew too', () => {
    const [full] = insertAll(subject, Buffer.alloc(0), [1, 3])
    for (const bytes of [full, asAz(subject, valueOf(full))])
      expect(format.find(bytes).map(({ lease: id, profile, expiresAt }) => [id, profile, expiresAt])).toEqual([
        ['g_1', 'jit-target-1', 2_000_000_001],
        ['g_3', 'jit-target-3', 2_000_000_003],
      ])
  })

  test('what another program wrote from an old copy gets the entries of now, and no others', () => {
    fc.assert(
      fc.property(written(subject), fc.boolean(), (bytes, isStale) => {
        fc.pre(bytes.length > 0)
        const [old] = insertAll(subject, bytes, [1])
        const [current] = insertAll(subject, bytes, [3])
        const theirs = asAz(subject, subject.login(valueOf(isStale ? old : bytes)))
        const next = format.graft(theirs, current)
        expect(format.find(next).map(({ lease: id }) => id)).toEqual(format.find(current).map(({ lease: id }) => id))
        expect(valueOf(format.remove(next, () => true))).toEqual(subject.login(valueOf(bytes)))
      }),
      { numRuns: 500 },
    )
  })

  test('a half-written file is kept away from', () => {
    const [current] = insertAll(subject, asAz(subject, format.name === 'az-service-principals' ? [] : {}), [1])
    const torn = current.subarray(0, current.length - 9)
    expect(format.graft(torn, current)).toEqual(current)
    expect(format.find(torn)).toEqual([])
    expect(format.remove(torn, () => true)).toEqual(torn)
    expect(() => format.check('/home/alice/.azure/x', torn, { profile: 'jit-x', asDefault: false })).toThrow(
      /cannot read \/home\/alice\/\.azure\/x: it is not valid JSON/,
    )
    expect(() => format.insert(torn, entry(1))).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
  })

  test('what a crash left of a file that only we wrote is found, and goes', () => {
    const [file] = insertAll(subject, Buffer.alloc(0), [1])
    const torn = file.subarray(0, file.length - 9)
    const [found] = format.find(torn)
    expect(found).toMatchObject({ lease: 'g_1', expiresAt: 2_000_000_001, profile: 'jit-target-1' })
    expect(format.remove(torn, lease(1))).toHaveLength(0)
    expect(format.remove(torn, lease(2))).toEqual(torn)
    const blank = Buffer.from(torn)
    for (const { start, end } of found?.secrets ?? []) blank.fill(' ', start, end)
    expect(blank.toString()).not.toContain('eyJ')
    expect(format.find(asAz(subject, valueOf(file)).subarray(0, -9))).toEqual([]) // may hold what az wrote for the user
  })

  test.each([
    'null',
    '"text"',
    '17',
    format.name === 'az-service-principals' ? '{}' : '[]',
    '{"jit":1,"jit":2}',
    '\u00a0',
  ])('refuses %j, which az could not use', (text) => {
    const check = () => format.check('/f', Buffer.from(text), { profile: 'jit-x', asDefault: false })
    expect(check).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
  })
})
