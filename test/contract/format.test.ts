import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NewEntry, Wanted } from '../../src/client/sinks/formats/types.ts'
import { FORMAT_SUBJECTS } from '../support/format-subjects.ts'
import { codeOf } from '../support/refusal-code.ts'

const RUNS = Number(process.env['FC_RUNS'] ?? 300)
const END = 1_800_000_000
const NOTHING = Buffer.alloc(0)

describe.each(Object.entries(FORMAT_SUBJECTS))('format %s', (_name, subject) => {
  const { format } = subject
  const originals = [NOTHING, ...Object.values(subject.originals).map((bytes) => Buffer.from(bytes))]
  const edits = Object.values(subject.edits)
  const asDefault = subject.asDefault ?? false

  const entry = (
    lease: string,
    profile = `jit-${lease.replaceAll('_', '-')}`,
    mark = lease.toUpperCase(),
  ): NewEntry => ({
    lease,
    profile,
    expiresAt: END,
    content: subject.content({ lease, profile, mark }),
  })
  const wanted = (profile: string): Wanted => ({ profile, asDefault })
  const without = (bytes: Buffer, lease: string): Buffer => format.remove(bytes, (found) => found.lease === lease)
  const leasesIn = (bytes: Buffer): readonly string[] => format.find(bytes).map(({ lease }) => lease)
  const text = (bytes: Buffer): string => bytes.toString('latin1')
  const holds = (bytes: Buffer, mark: string): boolean => subject.secrets(mark).some((secret) => bytes.includes(secret))

  test('an entry comes off in any order, whatever others wrote meanwhile, and leaves exactly the bytes of others', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ do: 'insert' as const }) },
      { weight: 2, arbitrary: fc.nat(5).map((which) => ({ do: 'remove' as const, which })) },
      { weight: 1, arbitrary: fc.constantFrom(...edits).map((edit) => ({ do: 'edit' as const, edit })) },
    )
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.array(step, { minLength: 1, maxLength: 10 }), (original, steps) => {
        let file: Buffer = original
        let user: Buffer = original
        const leases: string[] = []
        const used = new Set<unknown>()
        for (const [index, each] of steps.entries())
          if (each.do === 'insert') {
            file = format.insert(file, entry(`g_${index}`))
            leases.push(`g_${index}`)
          } else if (each.do === 'remove') {
            const [lease] = leases.splice(each.which % Math.max(1, leases.length), 1)
            if (lease !== undefined) file = without(file, lease)
          } else if (!used.has(each.edit)) {
            used.add(each.edit) // a program does not write the same entry twice
            file = each.edit(file)
            user = each.edit(user)
          }
        for (const lease of leases) file = without(file, lease)
        expect(text(file)).toBe(text(user))
      }),
      { numRuns: RUNS },
    )
  })

  test.each(Object.entries(subject.originals))('goes into and out of a file with %s', (_original, bytes) => {
    const original = Buffer.from(bytes)
    expect(() => format.check('file', original, wanted('jit-g-1'))).not.toThrow()
    expect(leasesIn(original)).toEqual([])
    const inserted = format.insert(original, entry('g_1', 'prod', 'MARK00'))
    expect(inserted.includes('jit')).toBe(true) // what a search for lost entries goes by before it loads a format
    expect(() => format.check('file', inserted, wanted('prod'))).not.toThrow()
    expect(() => format.check('file', inserted, wanted('jit-g-2'))).not.toThrow()
    expect(text(without(inserted, 'g_1'))).toBe(text(original))
  })

  test('tells of each entry whose it is, until when, and under which name', () => {
    const file = format.insert(format.insert(NOTHING, entry('g_1')), { ...entry('g_2'), expiresAt: END + 1 })
    const found = format.find(file).toSorted((a, b) => (a.lease < b.lease ? -1 : 1))
    expect(found).toMatchObject([
      { lease: 'g_1', expiresAt: END, profile: 'jit-g-1' },
      { lease: 'g_2', expiresAt: END + 1, profile: 'jit-g-2' },
    ])
  })

  test('removing what is not there changes nothing', () => {
    for (const original of originals) expect(text(without(original, 'g_1'))).toBe(text(original))
  })

  test('the next slice of a lease takes the place of the last one', () => {
    for (const original of originals) {
      const first = format.insert(original, entry('g_1', 'jit-one', 'FIRST0'))
      const second = format.insert(first, entry('g_1', 'jit-one', 'SECOND'))
      expect(leasesIn(second)).toEqual(['g_1'])
      expect([holds(second, 'FIRST0'), holds(second, 'SECOND')]).toEqual([false, format.secret])
      expect(text(format.insert(second, entry('g_1', 'jit-one', 'SECOND')))).toBe(text(second))
      expect(text(without(second, 'g_1'))).toBe(text(original))
    }
  })

  test('another lease with the same profile replaces the one before', () => {
    for (const original of originals) {
      const first = format.insert(original, entry('g_1', 'jit-one', 'FIRST0'))
      const second = format.insert(first, entry('g_2', 'jit-one', 'SECOND'))
      expect(leasesIn(second)).toEqual(['g_2'])
      expect(holds(second, 'FIRST0')).toBe(false)
      expect(text(without(without(second, 'g_1'), 'g_2'))).toBe(text(original))
    }
  })

  test.skipIf(!format.secret)('shows where its secrets lie, so that they can be blanked and nothing else', () => {
    for (const original of originals) {
      const file = format.insert(original, entry('g_1'))
      expect(subject.secrets('G_1').every((secret) => file.includes(secret))).toBe(true)
      const blanked = Buffer.from(file)
      for (const { secrets } of format.find(file)) for (const { start, end } of secrets) blanked.fill(' ', start, end)
      expect(holds(blanked, 'G_1')).toBe(false)
      expect(text(without(blanked, 'g_1'))).toBe(text(original))
    }
  })

  test.skipIf(!format.secret)('knows a secret of its own by hash alone', () => {
    const file = format.insert(NOTHING, entry('g_1'))
    for (const secret of subject.secrets('G_1')) expect(format.holdsSecret(file, (word) => word === secret)).toBe(true)
    expect(format.holdsSecret(file, (word) => word === 'another secret of this length')).toBe(false)
  })

  test('an entry that was torn where only bytes were added still comes off', () => {
    for (const original of originals) {
      const whole = format.insert(original, entry('g_1'))
      if (!whole.subarray(0, original.length).equals(original)) continue // written in one step, or by a redo record
      for (let missing = 1; missing < whole.length - original.length; missing += 7) {
        const torn = whole.subarray(0, whole.length - missing)
        const rest = without(torn, 'g_1')
        const isBare = text(rest) === text(original) || leasesIn(torn).length === 0
        expect([isBare, holds(rest, 'G_1')]).toEqual([true, false])
      }
    }
  })

  test.skipIf(subject.unmarked === undefined)('finds its secrets in a file that was written anew without marks', () => {
    for (const original of originals) {
      const rewritten = subject.unmarked?.(format.insert(original, entry('g_1'))) ?? NOTHING
      const isSecret = (word: string): boolean => subject.secrets('G_1').includes(word)
      expect(leasesIn(rewritten)).toEqual([])
      const cleaned = format.removeUnmarked(rewritten, { lease: 'g_1', profile: 'jit-g-1' }, isSecret)
      expect(holds(cleaned, 'G_1')).toBe(false)
      expect(format.holdsSecret(cleaned, isSecret)).toBe(false)
    }
  })

  test('removing without marks leaves a file alone that holds no secret', () => {
    for (const original of originals)
      expect(text(format.removeUnmarked(original, { lease: 'g_1', profile: 'jit-g-1' }, () => false))).toBe(
        text(original),
      )
  })

  test('what a program has newly written gets the entries that count now and loses those that are over', () => {
    for (const original of originals)
      for (const edit of edits) {
        const before = format.insert(original, entry('g_over'))
        const current = format.insert(original, entry('g_live'))
        const merged = format.graft(edit(before), current)
        expect(leasesIn(merged)).toEqual(['g_live'])
        expect(holds(merged, 'G_OVER')).toBe(false)
        expect(subject.secrets('G_LIVE').every((secret) => merged.includes(secret))).toBe(true)
        expect(text(without(merged, 'g_live'))).toBe(text(edit(original)))
      }
  })

  test('a graft onto a file without us is the file with our entry, and of nothing it is that file', () => {
    for (const original of originals) {
      expect(text(format.graft(original, original))).toBe(text(original))
      expect(leasesIn(format.graft(original, format.insert(original, entry('g_1'))))).toEqual(['g_1'])
    }
  })

  test('looking at any bytes is no error: a user or a crash may have left anything', () => {
    const garbage = Object.values(subject.unreadable).map((bytes) => Buffer.from(bytes))
    const whole = originals.map((original) => format.insert(original, entry('g_1')))
    const cut = fc.tuple(fc.constantFrom(...whole), fc.nat(4000)).map(([bytes, at]) => bytes.subarray(0, at))
    const anything = fc.oneof(
      fc.constantFrom(...garbage, NOTHING),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      cut,
    )
    fc.assert(
      fc.property(anything, (bytes) => {
        expect(text(without(bytes, 'g_9'))).toBe(text(bytes))
        expect(format.holdsSecret(bytes, () => false)).toBe(false)
        expect(text(format.removeUnmarked(bytes, { lease: 'g_9', profile: 'jit-g-9' }, () => false))).toBe(text(bytes))
      }),
      { numRuns: RUNS },
    )
  })

  test.each(Object.entries(subject.unreadable))('refuses what its client could not read: %s', (_why, bytes) => {
    expect(codeOf(() => format.check('/home/eve/file', Buffer.from(bytes), wanted('jit-one')))).toBe('FILE_UNREADABLE')
  })

  test.skipIf(subject.taken === undefined)("refuses a name that is the user's", () => {
    const bytes = Buffer.from(subject.taken?.('jit-one') ?? '')
    expect(codeOf(() => format.check('/home/eve/file', bytes, wanted('jit-one')))).toBe('PROFILE_TAKEN')
    expect(codeOf(() => format.check('/home/eve/file', bytes, wanted('jit-two')))).toBe('accepted')
  })
})
