/** As Python's `json.dumps` writes it, which is how `az` rewrites its files: ASCII only, `, ` and `: `, or one item a line. */
export function pythonJson(value: unknown, indent = 0, depth = 0): string {
  if (typeof value === 'string') return ascii(JSON.stringify(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const items = Array.isArray(value)
    ? value.map((item) => pythonJson(item, indent, depth + 1))
    : Object.entries(value).map(
        ([key, item]) => `${ascii(JSON.stringify(key))}: ${pythonJson(item, indent, depth + 1)}`,
      )
  if (items.length === 0) return open + close
  if (indent === 0) return open + items.join(', ') + close
  const line = (level: number): string => `\n${' '.repeat(indent * level)}`
  return open + line(depth + 1) + items.join(`,${line(depth + 1)}`) + line(depth) + close
}

const ascii = (text: string): string =>
  text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
