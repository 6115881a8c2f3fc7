import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { noPaint } from '../../../../src/cli/ui/paint.ts'
import { renderError } from '../../../../src/cli/ui/render-error.ts'
import { cells, table } from '../../../../src/cli/ui/table.ts'
import { parseStart, timeOfDay } from '../../../../src/cli/ui/time.ts'

const options = { json: false, paint: noPaint, debug: false }

describe('errors', () => {
  const denied = new JitError('DENIED', 'Dana denied it.', 'Ask Eve.')

  test('for people: two sentences; for programs: one JSON document', () => {
    expect(renderError(denied, options)).toEqual({ text: 'jit: Dana denied it.\n     Ask Eve.', exitCode: 3 })
    const { text, exitCode } = renderError(denied, { ...options, json: true })
    expect(JSON.parse(text)).toEqual({ error: { code: 'DENIED', message: 'Dana denied it.', hint: 'Ask Eve.' } })
    expect(exitCode).toBe(3)
  })

  test('what the system keeps from this user is no bug, wherever it comes up', () => {
    const kept = Object.assign(new Error('EACCES: permission denied, scandir'), {
      code: 'EACCES',
      path: '/home/eve/.local',
    })
    const { text, exitCode } = renderError(kept, options)
    expect([exitCode, text]).toEqual([
      8,
      expect.stringMatching(/^jit: \/home\/eve\/\.local cannot be used \(EACCES\)\./),
    ])
  })

  test('anything else is a bug: exit 1, a stack only on request', () => {
    const bug = new TypeError('x is not a function', { cause: new Error('deeper') })
    expect(renderError(bug, options)).toMatchObject({ exitCode: 1, text: expect.not.stringContaining('ui.test.ts') })
    expect(renderError(bug, { ...options, debug: true }).text).toMatch(/ui\.test\.ts[^]*caused by Error: deeper/)
    const escapes = new Error('a\u001b]52;c;x\u0007\u009b2J')
    expect(renderError(escapes, { ...options, debug: true }).text).not.toMatch(/[^\P{Cc}\n]/u)
    expect(renderError('a string', options).exitCode).toBe(1)
  })

  test('words of others cannot steer the terminal', () => {
    const evil = new JitError('DENIED', 'no\u001b[2J\u202e', '\u0007')
    expect(renderError(evil, options).text.replace('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('tables', () => {
  const show = (columns: number) =>
    table(
      ['NAME', 'WHO'],
      [
        ['prod-db', '山田'],
        ['logs', 'Eve'],
      ],
      { columns, paint: noPaint },
    )

  test('line up, wide characters included', () => {
    expect(show(80)).toBe('NAME     WHO\nprod-db  山田\nlogs     Eve')
    expect(cells('山田')).toBe(4)
    expect(cells('e\u0301')).toBe(1)
  })

  test('too narrow: blocks', () => {
    expect(show(10)).toBe('prod-db\n  who: 山田\n\nlogs\n  who: Eve')
  })
})

describe('times', () => {
  const now = new Date(2026, 10, 21, 12, 0).getTime()

  test('a clock time is the next one', () => {
    expect(parseStart('18:30', now)).toBe(new Date(2026, 10, 21, 18, 30).getTime())
    expect(parseStart('9:00', now)).toBe(new Date(2026, 10, 22, 9, 0).getTime())
  })

  test('dates are local without a zone, exact with one', () => {
    expect(parseStart('2026-11-22T18:30', now)).toBe(new Date(2026, 10, 22, 18, 30).getTime())
    expect(parseStart('2026-11-22T18:30:00+02:00', now)).toBe(Date.UTC(2026, 10, 22, 16, 30))
  })

  test.each(['25:00', '18:60', 'tomorrow', '2026-13-01T10:00', '', '2026-11-21T11:00'])('refuses %j', (text) => {
    expect(() => parseStart(text, now)).toThrow(RangeError)
  })

  test('whatever is typed gives a time to come or a RangeError', () => {
    const outcome = (text: string): unknown => {
      try {
        return parseStart(text, now) > now
      } catch (error) {
        return error instanceof RangeError
      }
    }
    expect(() => fc.assert(fc.property(fc.string(), (text) => outcome(text) === true))).not.toThrow()
  })

  test('another day is named', () => {
    expect(timeOfDay(now + 60_000, now)).toBe('12:01')
    expect(timeOfDay(now + 86_400_000, now)).toBe('2026-11-22 12:00')
  })
})
