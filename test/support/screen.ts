import { cells } from '../../src/cli/ui/table.ts'

/** A terminal as far as `liveView` uses one: what stands on it after everything that was written. Lines end as a tty makes them end. */
export class Screen {
  columns: number
  rows: number
  #cells: string[][] = [[]]
  #row = 0
  #column = 0

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  /** The visible rows, without what is empty at their ends. */
  lines(): readonly string[] {
    const text = this.#cells.slice(-this.rows).map((row) => row.join('').trimEnd())
    return text.slice(0, text.findLastIndex((row) => row !== '') + 1)
  }

  write(text: string): boolean {
    // oxlint-disable-next-line no-control-regex
    for (const [piece] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[^]/gu)) {
      if (piece.startsWith('\u001b')) this.#control(piece)
      else if (piece === '\n') this.#newLine()
      else if (piece === '\r') this.#column = 0
      else this.#put(piece)
    }
    return true
  }

  #put(character: string): void {
    const wide = cells(character)
    if (this.#column + wide > this.columns) this.#newLine()
    const row = this.#line()
    while (row.length < this.#column) row.push(' ')
    row.splice(this.#column, wide, character, ...Array.from({ length: wide - 1 }, () => ''))
    this.#column += wide
  }

  #newLine(): void {
    this.#row += 1
    this.#column = 0
    this.#line()
  }

  #line(): string[] {
    while (this.#cells.length <= this.#row) this.#cells.push([])
    return this.#cells[this.#row] ?? []
  }

  /** What has scrolled off cannot be reached. */
  get #top(): number {
    return Math.max(0, this.#cells.length - this.rows)
  }

  #control(sequence: string): void {
    const count = Number(/\d+/.exec(sequence)?.[0] ?? 1)
    if (sequence.endsWith('A')) this.#row = Math.max(this.#top, this.#row - count)
    else if (sequence === '\u001b[K') this.#line().splice(Math.min(this.#column, this.columns - 1))
    else if (sequence === '\u001b[J') {
      this.#line().splice(this.#column)
      this.#cells.splice(this.#row + 1)
    } else if (sequence === '\u001b[H') [this.#row, this.#column] = [this.#top, 0]
    else if (sequence === '\u001b[2J') for (const row of this.#cells.slice(this.#top)) row.splice(0)
  }
}
