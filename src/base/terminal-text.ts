/**
 * Unicode's controls (C0, C1), format characters (bidi marks, embeddings, overrides and isolates, zero-width, soft hyphen, tags),
 * lone surrogates, line and paragraph separators. A name or reason that comes from another person could otherwise move the
 * cursor, write to the clipboard (OSC 52), reorder what an approver reads (CVE-2021-42574) or hide text.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g

/** Text from outside, safe to print on one line of a terminal: tabs and line ends become spaces, other unsafe characters go. */
export function terminalText(text: string): string {
  return text.replace(LINE_BREAKS, ' ').replace(UNSAFE, '')
}

/** The same for words of another server in the middle of a sentence: trimmed, and not endless. */
export function quotedText(text: string, longest = 300): string {
  const plain = terminalText(text).trim()
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1)}…`
}

const ASCII_FOR: Readonly<Record<string, string>> = { '→': '->', '…': '...', '’': "'", '–': '-', '—': '-' }

/** For a terminal that shows nothing else; whatever has no likeness becomes a question mark, in one cell like most letters. */
export const asciiText = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/\P{ASCII}/gu, (letter) => ASCII_FOR[letter] ?? '?')

/**
 * For the log of a job, whose runner takes `##vso[…]` and `##[…]` anywhere in a line, and `::…` at its start, as commands to itself:
 * a name or reason that comes from another person could set variables of later steps.
 */
export const inertText = (text: string): string =>
  text.replace(/##(?=(?:vso)?\[)/gi, '# #').replace(/^([^\S\n]*):(?=:)/gm, '$1: ')
