import { Refusal } from '../refusal.ts'

// Controls, line separators, lone surrogates, bidi marks and overrides, invisible spaces and tags: text that looks
// other than it is, or drives the approver's terminal (T14). Joiners stay, some scripts and emoji need them.
const UNSHOWABLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/u

/** Text of 1 to `most` characters for people to read. Line breaks and tabs become spaces; what cannot be shown honestly is refused. */
export function plainText(what: string, text: string, most: number): string {
  const line = text
    .replace(/[\t\r\n ]+/g, ' ')
    .trim()
    .normalize('NFC')
  if (line === '')
    throw new Refusal('invalid_request', `The ${what} is empty.`, `Give a ${what} of 1 to ${most} characters.`)
  const length = Array.from(line).length
  if (length > most)
    throw new Refusal(
      'invalid_request',
      `The ${what} has ${length} characters; ${most} are allowed.`,
      `Make the ${what} shorter.`,
    )
  const odd = UNSHOWABLE.exec(line)?.[0]
  if (odd !== undefined)
    throw new Refusal(
      'invalid_request',
      `The ${what} holds a character that cannot be shown: ${name(odd)}.`,
      'Remove it.',
    )
  return line
}

function name(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
