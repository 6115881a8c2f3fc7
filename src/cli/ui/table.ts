import { terminalText } from '../../base/terminal-text.ts'
import type { Paint } from './paint.ts'

const GAP = '  '
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60]/u

/** Terminal cells, near enough for names: East Asian letters and emoji take two, combining marks none. */
export function cells(text: string): number {
  let width = 0
  for (const character of text) width += WIDE.test(character) ? 2 : /\p{Mark}/u.test(character) ? 0 : 1
  return width
}

/** Cut to so many cells. */
export function shortened(text: string, width: number): string {
  if (cells(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (cells(kept + character) > Math.max(1, width - 3)) break
    kept += character
  }
  return `${kept}...`
}

/**
 * Lines of a table with a heading. Too wide for the terminal: one block per row instead, `name: value` a line, which
 * stays readable at 20 columns. Cell text is made safe to print.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
  const safe = rows.map((row) => heading.map((_, i) => terminalText(row[i] ?? '')))
  const widths = heading.map((title, i) => Math.max(cells(title), ...safe.map((row) => cells(row[i] ?? ''))))
  const total = widths.reduce((sum, width) => sum + width, GAP.length * (heading.length - 1))
  if (total > columns) return blocks(heading, safe, paint)
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - cells(cell)))
      .join(GAP)
      .trimEnd()
  return [paint.faint(line(heading)), ...safe.map(line)].join('\n')
}

function blocks(heading: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const block = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? paint.strong(cell) : `  ${paint.faint(`${heading[i]?.toLowerCase()}:`)} ${cell}`))
      .join('\n')
  return rows.map(block).join('\n\n')
}
