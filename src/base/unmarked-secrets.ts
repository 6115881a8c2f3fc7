import { EXPIRES_KEY, GRANT_KEY, OWN_KEYS, PAIR } from './credentials-block.ts'
import { cut, type Line, linesOf, type Span, textOf } from './lines.ts'

/** Says of a piece of text whether it is one of the secrets looked for; the secrets themselves are known by hash only. */
export type IsSecret = (text: string) => boolean
const SHORTEST_SECRET = 16
const WORD = /[^\s"'=,;:\0]+/g

/** Where a secret lies in a file without our markers around it, e.g. after a tool has written the file anew. */
export const holdsSecret = (bytes: Buffer, isSecret: IsSecret): boolean =>
  linesOf(bytes).some((line) => lineHolds(textOf(bytes, line), isSecret))

function lineHolds(text: string, isSecret: IsSecret): boolean {
  const value = text.slice(text.indexOf('=') + 1).trim()
  return (
    (value.length >= SHORTEST_SECRET && isSecret(value)) ||
    text.split(/[\s"'=,;:\0]+/).some((word) => word.length >= SHORTEST_SECRET && isSecret(word))
  )
}

/** Every word that is a secret, whatever kind of file it lies in. */
export function secretSpans(bytes: Buffer, isSecret: IsSecret): readonly Span[] {
  const words = bytes.toString('latin1').matchAll(WORD)
  return [...words].flatMap(({ 0: word, index }) =>
    word.length >= SHORTEST_SECRET && isSecret(word) ? [{ start: index, end: index + word.length }] : [],
  )
}

/**
 * Removes the lines that hold a secret, with the keys of ours beside them, and the header of `profile` once nothing else is
 * left under it. Lines that somebody else put into the section stay.
 */
export function removeUnmarked(
  bytes: Buffer,
  ours: { readonly lease: string; readonly profile: string },
  isSecret: IsSecret,
): Buffer {
  const gone = sectionsOf(bytes).flatMap((section) => goneFrom(bytes, section, ours, isSecret))
  return cut(
    bytes,
    gone.map(({ start, next }) => ({ start, end: next })),
  )
}

type Section = { readonly header?: Line; readonly lines: Line[] }

function sectionsOf(bytes: Buffer): readonly Section[] {
  const sections: Section[] = [{ lines: [] }]
  for (const line of linesOf(bytes)) {
    if (/^\s*\[.*\]/.test(textOf(bytes, line))) sections.push({ header: line, lines: [] })
    else sections.at(-1)?.lines.push(line)
  }
  return sections
}

function goneFrom(
  bytes: Buffer,
  { header, lines }: Section,
  ours: { readonly lease: string; readonly profile: string },
  isSecret: IsSecret,
): readonly Line[] {
  const grant = (text: string): boolean => new RegExp(`^\\s*${GRANT_KEY}\\s*[=:]\\s*${ours.lease}\\s*$`).test(text)
  const secret = lines.filter((line) => lineHolds(textOf(bytes, line), isSecret) || grant(textOf(bytes, line)))
  if (secret.length === 0) return []
  const named = header !== undefined && textOf(bytes, header).trim() === `[${ours.profile}]`
  const whole = named && lines.some((line) => grant(textOf(bytes, line))) // our own section, not one that a key was copied to
  const beside = (text: string): boolean => (whole ? OWN_KEYS : [EXPIRES_KEY]).includes(PAIR.exec(text)?.[1] ?? '')
  const gone = lines.filter((line) => secret.includes(line) || beside(textOf(bytes, line)))
  const empty = lines.every((line) => gone.includes(line) || textOf(bytes, line).trim() === '')
  return empty && named ? [header, ...gone] : gone
}
