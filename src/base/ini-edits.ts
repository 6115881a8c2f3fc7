import { endOfLine, type Line, linesOf, textOf } from './lines.ts'

/** A section header that stands at the start of its line; the name is what is between the brackets. */
export const INI_HEADER = /^\[([^\]]*)\]/
const KEY = /^([^\s#;=:][^=:]*?)\s*[=:]/

/** A setting with the lines that belong to it (indented ones, comments), as somebody wrote it. */
export type Edit = { readonly key?: string; readonly lines: readonly string[] }

export function editsAmong(texts: readonly string[]): readonly Edit[] {
  const edits: { key?: string; lines: string[] }[] = []
  for (const text of texts.filter((each) => each.trim() !== '')) {
    const key = keyOf(text)
    const last = edits.at(-1)
    if (key !== undefined) edits.push({ key, lines: [text] })
    else if (last === undefined) edits.push({ lines: [text] })
    else last.lines.push(text)
  }
  return edits
}

/** Keys are compared without regard to case, as `configparser` does. */
const keyOf = (text: string): string | undefined => KEY.exec(text)?.[1]?.toLowerCase()

/** As `aws configure set` does: a setting that the section has gets the new value in its place, others come behind its last line. */
export function applyEdits(
  bytes: Buffer,
  edits: readonly Edit[],
  section: {
    readonly isIt: (name: string) => boolean /** The header to be made where there is none. */
    readonly otherwise: string
  },
): Buffer {
  let result = edits.length === 0 ? bytes : withSection(bytes, section)
  for (const edit of edits) result = applyOne(result, edit, section.isIt)
  return result
}

function withSection(
  bytes: Buffer,
  { isIt, otherwise }: { isIt: (name: string) => boolean; otherwise: string },
): Buffer {
  if (linesOf(bytes).some((line) => isIt(INI_HEADER.exec(textOf(bytes, line))?.[1] ?? ''))) return bytes
  const eol = endOfLine(bytes)
  const glue = bytes.length > 0 && bytes.at(-1) !== 10 ? eol : ''
  return Buffer.concat([bytes, Buffer.from(`${glue}${otherwise}${eol}`, 'latin1')])
}

function applyOne(bytes: Buffer, { key, lines }: Edit, isIt: (name: string) => boolean): Buffer {
  const all = linesOf(bytes)
  const header = all.findIndex((line) => isIt(INI_HEADER.exec(textOf(bytes, line))?.[1] ?? ''))
  const next = all.findIndex((line, index) => index > header && INI_HEADER.test(textOf(bytes, line)))
  const body = all.slice(header, next < 0 ? undefined : next)
  const at = key === undefined ? -1 : body.findIndex((line) => keyOf(textOf(bytes, line)) === key)
  if (at < 0) return splice(bytes, body[lastUsed(bytes, body)], [], lines)
  const more = body.slice(at + 1).findIndex((line) => !/^\s+\S/.test(textOf(bytes, line)))
  return splice(bytes, body[at - 1], body.slice(at, more < 0 ? undefined : at + 1 + more), lines)
}

const lastUsed = (bytes: Buffer, body: readonly Line[]): number =>
  Math.max(
    0,
    body.findLastIndex((line) => !/^\s*([#;].*)?$/.test(textOf(bytes, line))),
  )

/** `lines` behind `before`, in place of `gone`, which follow it. */
function splice(bytes: Buffer, before: Line | undefined, gone: readonly Line[], lines: readonly string[]): Buffer {
  const eol = endOfLine(bytes)
  const at = before?.next ?? 0
  const glue = at > 0 && bytes[at - 1] !== 10 ? eol : ''
  const end = gone.at(-1)?.next ?? at
  const last = end === bytes.length && end > at && bytes[end - 1] !== 10 // the file ended without a newline, and still does
  const text = `${glue}${lines.join(eol)}${last ? '' : eol}`
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(text, 'latin1'), bytes.subarray(end)])
}
