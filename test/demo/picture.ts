/** Draws a terminal transcript with ANSI colours as an SVG, so that pictures in the docs are made from what a program really printed. */

type Style = { readonly colour: string; readonly bold: boolean; readonly dim: boolean }
type Run = { readonly text: string; readonly style: Style }

const PALETTE = ['#45475a', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#cba6f7', '#94e2d5', '#cdd6f4']
const PLAIN: Style = { colour: '#cdd6f4', bold: false, dim: false }
const CELL = { width: 8.43, height: 19 } as const

function restyle(style: Style, code: number): Style {
  if (code === 0) return PLAIN
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 39) return { ...style, colour: PLAIN.colour }
  const colour = PALETTE[code >= 90 ? code - 90 : code - 30]
  return colour === undefined ? style : { ...style, colour }
}

/** Splits one line into runs of equal style; sequences other than colours (cursor, erase) are dropped. */
function runs(line: string, start: Style): { readonly runs: readonly Run[]; readonly end: Style } {
  const found: Run[] = []
  let style = start
  // eslint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001b\[[0-9;?]*[A-Za-z])/)) {
    if (part.startsWith('\u001b')) {
      if (part.endsWith('m')) for (const code of part.slice(2, -1).split(';')) style = restyle(style, Number(code))
    } else if (part !== '') found.push({ text: part, style })
  }
  return { runs: found, end: style }
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export function terminalPicture(title: string, transcript: string): string {
  const lines = transcript.trimEnd().split('\n')
  const columns = Math.max(
    72,
    ...lines.map((line) => runs(line, PLAIN).runs.reduce((sum, { text }) => sum + text.length, 0)),
  )
  const width = Math.ceil(columns * CELL.width) + 32
  const height = lines.length * CELL.height + 60
  let style = PLAIN
  const body = lines.map((line, row) => {
    const parsed = runs(line, style)
    style = parsed.end
    const spans = parsed.runs.map(
      ({ text, style: { colour, bold, dim } }) =>
        `<tspan fill="${colour}"${bold ? ' font-weight="700"' : ''}${dim ? ' fill-opacity="0.6"' : ''}>${escape(text)}</tspan>`,
    )
    return `<text x="16" y="${56 + row * CELL.height}" xml:space="preserve">${spans.join('')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#1e1e2e"/>
<circle cx="20" cy="18" r="5" fill="#f38ba8"/><circle cx="38" cy="18" r="5" fill="#f9e2af"/><circle cx="56" cy="18" r="5" fill="#a6e3a1"/>
<text x="${width / 2}" y="22" fill="#7f849c" text-anchor="middle" font-size="12">${escape(title)}</text>
${body.join('\n')}
</svg>
`
}
