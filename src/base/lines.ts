const LF = 10
const CR = 13

/** One line of a file, as byte offsets: text is `[start, end)`, its end of line `[end, next)`. */
export type Line = { readonly start: number; readonly end: number; readonly next: number }

/** Splits at `\n` and `\r\n`; the bytes stay where they are. */
export function linesOf(bytes: Buffer, from = 0): readonly Line[] {
  const lines: Line[] = []
  for (let start = from; start < bytes.length; ) {
    const lf = bytes.indexOf(LF, start)
    const next = lf < 0 ? bytes.length : lf + 1
    const crlf = lf > start && bytes[lf - 1] === CR
    lines.push({ start, end: lf < 0 ? next : crlf ? lf - 1 : lf, next })
    start = next
  }
  return lines
}

/** Latin-1, so that every byte is one character and offsets agree; fit for comparing ASCII only. */
export const textOf = (bytes: Buffer, line: Line): string => bytes.toString('latin1', line.start, line.end)

/** The end of line that the file's last line has; `\n` where it has none. */
export function endOfLine(bytes: Buffer): '\n' | '\r\n' {
  const lf = bytes.lastIndexOf(LF)
  return lf > 0 && bytes[lf - 1] === CR ? '\r\n' : '\n'
}

/** A stretch of bytes, `[start, end)`. */
export type Span = { readonly start: number; readonly end: number }

export function cut(bytes: Buffer, spans: readonly Span[]): Buffer {
  const kept: Buffer[] = []
  let at = 0
  for (const { start, end } of spans) {
    kept.push(bytes.subarray(at, start))
    at = end
  }
  return Buffer.concat([...kept, bytes.subarray(at)])
}
