import { cells } from './table.ts'

/** What sets colours takes no room. */
// oxlint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[\d;]*m/g
const width = (text: string): number => cells(unbound(text).replaceAll(COLOURS, ''))

/** What stands between these marks may be an argument or a command. A mark within a word is an apostrophe. */
const QUOTED = /"[^"]*"|`[^`]*`|(?<!\w)'[^']*'(?!\w)/g
/** Stands for a blank that no line ends at. */
const BOUND = '\0'
const bound = (text: string): string => text.replaceAll(QUOTED, (quoted) => quoted.replaceAll(' ', BOUND))
const unbound = (text: string): string => text.replaceAll(BOUND, ' ')

/** What somebody may copy: a command, a flag, a path, a variable, an address. A line break within would change what it does. */
const COPIED = /\bjit |--|[/=]/

/**
 * Lines for people, broken where a terminal of this width would cut them in the middle of a word: between sentences, and between
 * words where there is nothing to copy.
 */
export const bySentence = (text: string, columns: number): string =>
  text
    .split('\n')
    .flatMap((line) => (width(line) <= columns ? [line] : broken(line, columns)))
    .join('\n')

function broken(line: string, columns: number): readonly string[] {
  const [indent = ''] = /^ */.exec(line) ?? []
  const sentences = bound(line.slice(indent.length)).split(/(?<=[.?!]) (?=\p{Lu})/u)
  const pieces = sentences.flatMap((sentence) =>
    width(indent + sentence) <= columns || COPIED.test(sentence)
      ? [sentence]
      : filled(sentence.split(' '), columns - indent.length),
  )
  return filled(pieces, columns - indent.length).map((piece) => indent + unbound(piece))
}

/** As many pieces in each line as there is room for. */
function filled(pieces: readonly string[], room: number): readonly string[] {
  const lines: string[] = []
  for (const piece of pieces) {
    const longer = `${lines.at(-1) ?? ''} ${piece}`
    if (lines.length > 0 && width(longer) <= room) lines[lines.length - 1] = longer
    else lines.push(piece)
  }
  return lines
}
