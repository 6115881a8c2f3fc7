import { z } from 'zod'

/**
 * One value of the file. `read` answers `undefined` for what does not fit; the message then says what was expected, so
 * `expected` carries an example. Values of `secret` fields are never repeated in messages.
 */
export function field<T>(
  expected: string,
  read: (value: unknown) => T | undefined,
  kind: 'plain' | 'secret' = 'plain',
) {
  return z.unknown().transform((value, context): T => {
    const result = value === undefined ? undefined : read(value)
    if (result !== undefined) return result
    const shown = kind === 'secret' ? 'not this' : `not ${show(value)}`
    const message = value === undefined ? `is missing: expected ${expected}.` : `expected ${expected}, ${shown}.`
    context.issues.push({ code: 'custom', input: value, message })
    return z.NEVER
  })
}

/** As it may stand in a log: short, and without the password of a URL. */
function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'this').replace(/\/\/[^/@\s"]*@/g, '//…@')
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`
}

export const matching =
  (pattern: RegExp) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && pattern.test(value) ? value : undefined

/** One line of plain text, without characters that could move a terminal's cursor or hide others. */
export const plainText = (limit: number) => (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && value.length <= limit && !/\p{C}/u.test(value) ? value : undefined
