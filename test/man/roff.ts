/** Text as roff shows it: nothing in it is a request, an escape, or a glyph of another kind (groff_char(7), groff_man_style(7)). */
export function escaped(text: string): string {
  const glyphs = text.replaceAll(/[\\\-'"`^~]|[^\x20-\x7e\n]/gu, (glyph) => GLYPHS[glyph] ?? unicode(glyph))
  return glyphs.replaceAll(/^(?=[.])/gm, '\\&')
}

/** What groff would print as a hyphen, a typographic quote or an accent, none of which can be pasted into a shell. */
const GLYPHS: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

const unicode = (glyph: string): string =>
  `\\[u${(glyph.codePointAt(0) ?? 0xfffd).toString(16).toUpperCase().padStart(4, '0')}]`

/** A sentence in which `` `words` `` are typed as they stand. */
export const prose = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? bold(part) : escaped(part)))
    .join('')
    .replaceAll(/\n+/g, '\n')

export const bold = (text: string): string => `\\fB${escaped(text)}\\fP`
export const italic = (text: string): string => `\\fI${escaped(text)}\\fP`

export const title = (name: string, version: string): string =>
  `.TH "${escaped(name.toUpperCase())}" 1 "" "jit ${escaped(version)}" "jit"\n.nh\n.ad l`
export const section = (name: string, ...blocks: readonly string[]): string =>
  blocks.length === 0 ? '' : [`.SH ${name}`, ...blocks].join('\n')
export const subsection = (name: string): string => `.SS "${escaped(name)}"`
export const paragraph = (text: string): string => `.PP\n${text}`
/** A term, already formatted, and what it means. */
export const item = (term: string, text: string): string => `.TP\n${term}\n${text}`
/** Lines that stay as they are. */
export const verbatim = (text: string): string => `.PP\n.nf\n.RS 4\n${escaped(text)}\n.RE\n.fi`
export const reference = (page: string): string => `\\fB${escaped(page)}\\fP(1)`

export const page = (...parts: readonly string[]): string => `${parts.filter((part) => part !== '').join('\n')}\n`
