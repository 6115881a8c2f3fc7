/** Longest reason of a request, of a denial and of a stop, and longest ticket, in characters. */
export const LONGEST_TEXT = { reason: 500, ticket: 100 } as const

// Controls, line separators, lone surrogates, bidi marks and overrides, invisible spaces and tags: text that looks
// other than it is, or drives the approver's terminal (T14). Joiners stay, some scripts and emoji need them.
const UNSHOWABLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/u

/** One line for people to read: line breaks and tabs become spaces. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\t\r\n ]+/g, ' ')
    .trim()
    .normalize('NFC')

/** What keeps a line from being shown to people, and what to do about it; `undefined` where nothing does. */
export type Flaw = { readonly detail: string; readonly hint: string }

/** Of a line of 1 to `most` characters. `what`: the word for it, such as `reason`. */
export function flawOf(what: string, line: string, most: number): Flaw | undefined {
  if (line === '') return { detail: `The ${what} is empty.`, hint: `Give a ${what} of 1 to ${most} characters.` }
  const length = Array.from(line).length
  if (length > most)
    return { detail: `The ${what} has ${length} characters; ${most} are allowed.`, hint: `Make the ${what} shorter.` }
  const odd = UNSHOWABLE.exec(line)?.[0]
  if (odd === undefined) return undefined
  return { detail: `The ${what} holds a character that cannot be shown: ${name(odd)}.`, hint: 'Remove it.' }
}

const name = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
