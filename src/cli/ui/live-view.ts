import { cells } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Terminals that know it show all of a drawing at once; others ignore it. */
const [TOGETHER, SHOWN] = ['\u001b[?2026h', '\u001b[?2026l']
/** The line is cleared before it is written: after its last cell the cursor still stands on that. */
const [CLEAR_LINE, CLEAR_BELOW, CLEAR_SCREEN] = ['\u001b[K', '\u001b[J', '\u001b[H\u001b[2J']
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A\r` : '\r')

/** False: whoever read it is gone. */
export type LiveView = (lines: readonly string[]) => boolean

/**
 * Draws lines over those that it drew before, in the middle of what else stands on the screen. Each drawing is one write, so
 * nothing flickers. What does not fit is left out, because what has scrolled away cannot be drawn over.
 */
export function liveView({ write, columns, rows }: Terminal['screen']): LiveView {
  let drawn = { rows: 0, size: '', text: '' }
  return (lines) => {
    const [width, height] = [columns(), rows()]
    const shown = fitted(
      lines.flatMap((line) => wrapped(line, width)),
      height - 1,
    )
    const size = `${width}x${height}`
    const text = shown.map((row) => `${CLEAR_LINE}${row}\n`).join('')
    if (size === drawn.size && text === drawn.text) return true
    // A terminal of another size has broken the old lines anew: nobody knows where they stand.
    const start = drawn.size === '' || drawn.size === size ? up(drawn.rows) : CLEAR_SCREEN
    drawn = { rows: shown.length, size, text }
    return write(`${TOGETHER}${start}${text}${CLEAR_BELOW}${SHOWN}`)
  }
}

function fitted(rows: readonly string[], most: number): readonly string[] {
  if (rows.length <= most) return rows
  const kept = Math.max(0, most - 1)
  return [...rows.slice(0, kept), `... ${rows.length - kept} more`]
}

// oxlint-disable-next-line no-control-regex
const PIECES = /\u001b\[[\d;]*m|[^]/gu

/** The rows that a line takes; what sets colours takes no room. */
function wrapped(line: string, width: number): readonly string[] {
  const rows: string[] = []
  let [row, used] = ['', 0]
  for (const [piece] of line.matchAll(PIECES)) {
    const wide = piece.startsWith('\u001b[') ? 0 : cells(piece)
    if (used + wide > width && used > 0) {
      rows.push(row)
      ;[row, used] = ['', 0]
    }
    row += piece
    used += wide
  }
  return [...rows, row]
}
