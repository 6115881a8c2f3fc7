import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { liveView } from '../../../../src/cli/ui/live-view.ts'
import { cells } from '../../../../src/cli/ui/table.ts'
import { Screen } from '../../../support/screen.ts'

function at(columns: number, rows: number, before: readonly string[] = []) {
  const screen = new Screen(columns, rows)
  for (const line of before) screen.write(`${line}\n`)
  const writes: string[] = []
  const draw = liveView({
    write: (text) => writes.push(text) > 0 && screen.write(text),
    columns: () => screen.columns,
    rows: () => screen.rows,
  })
  return { screen, draw, writes }
}

/** Rows as a terminal of this width breaks lines. */
function broken(line: string, width: number): readonly string[] {
  const rows = ['']
  for (const character of line) {
    if (cells((rows.at(-1) ?? '') + character) > width && rows.at(-1) !== '') rows.push('')
    rows[rows.length - 1] += character
  }
  return rows.map((row) => row.trimEnd())
}

describe('a view that is drawn over and over', () => {
  test('takes the place of the one before, below what stood on the screen, in one write each', () => {
    const { screen, draw, writes } = at(20, 10, ['$ jit status --watch'])
    draw(['prod-db 10m', 'a line of more than twenty cells', 'end'])
    draw(['prod-db 9m', 'end'])
    expect(screen.lines()).toEqual(['$ jit status --watch', 'prod-db 9m', 'end'])
    expect(writes).toHaveLength(2)
  })

  test('whatever is drawn, only the last drawing stands there, and what came before it', () => {
    const character = fc.constantFrom('a', 'b', ' ', '山', 'é')
    const line = fc.array(character, { maxLength: 30 }).map((all) => all.join(''))
    const drawings = fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 5 })
    const property = fc.property(drawings, fc.integer({ min: 2, max: 25 }), (all, columns) => {
      const { screen, draw } = at(columns, 100, ['$'])
      for (const lines of all) draw(lines)
      const wanted = ['$', ...(all.at(-1) ?? []).flatMap((each) => broken(each, columns))]
      expect(screen.lines()).toEqual(wanted.slice(0, wanted.findLastIndex((row) => row !== '') + 1))
    })
    expect(() => fc.assert(property, { numRuns: 300 })).not.toThrow()
  })

  test('what does not fit is counted, and nothing scrolls away that is drawn over later', () => {
    const { screen, draw } = at(20, 5, ['$'])
    draw(['1', '2', '3', '4', '5', '6'])
    draw(['1', '2', '3', '4', '5', 'seven'])
    expect(screen.lines()).toEqual(['1', '2', '3', '... 3 more'])
  })

  test('a terminal of another size is cleared first', () => {
    const { screen, draw } = at(20, 10, ['$'])
    draw(['one line of more than twenty'])
    screen.columns = 40
    draw(['one line of more than twenty'])
    expect(screen.lines()).toEqual(['one line of more than twenty'])
  })

  test('colours take no room', () => {
    const { screen, draw } = at(4, 10)
    draw(['\u001b[2mabcd\u001b[22m', 'e'])
    draw(['\u001b[2mabce\u001b[22m', 'f'])
    expect(screen.lines()).toEqual(['abce', 'f'])
  })

  test('nothing is written where nothing changed', () => {
    const { draw, writes } = at(20, 10)
    draw(['same'])
    draw(['same'])
    expect(writes).toHaveLength(1)
  })
})
