/** The text of one policy, from its first annotation to its semicolon, and the line where it starts. */
export type Statement = { readonly text: string; readonly line: number }

// Cedar's own tokens: a comment ends at LF or CR, a string at an unescaped quote; only a policy ends with `;`.
const TOKEN = /\/\/[^\n\r]*|"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|;|[^;"/\s]+|\s+|\//g

/** Cuts a policy file into its policies, so that each keeps its place for error messages. Says nothing about their syntax. */
export function splitStatements(text: string): readonly Statement[] {
  const statements: Statement[] = []
  let line = 1
  let start: { readonly index: number; readonly line: number } | undefined
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const blank = token.startsWith('//') || /^\s/.test(token)
    if (!blank) start ??= { index, line }
    if (token === ';' && start !== undefined) {
      statements.push({ text: text.slice(start.index, index + 1), line: start.line })
      start = undefined
    }
    line += lineEnds(token)
  }
  if (start !== undefined) statements.push({ text: text.slice(start.index), line: start.line })
  return statements
}

const lineEnds = (text: string): number => text.match(/\r\n|\n|\r/g)?.length ?? 0

/** Line in the file of a place that Cedar names by its UTF-8 byte offset in the policy. */
export function lineOfByte({ text, line }: Statement, byte: number): number {
  return line + lineEnds(Buffer.from(text).subarray(0, byte).toString())
}
