/**
 * JSON with one spelling per value (RFC 8785): members sorted by UTF-16 code units, no white space. Members that are
 * `undefined` are left out. Throws `TypeError` for what JSON cannot say exactly: NaN, infinities, bigint, functions, lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') return members(value)
  throw new TypeError(`JSON cannot say ${typeof value === 'number' ? value : `a ${typeof value}`}.`)
}

function members(value: object): string {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, member]) => `${text(key)}:${canonicalJson(member)}`).join(',')}}`
}

function text(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('Text with a lone surrogate has no JSON.')
  return JSON.stringify(value)
}
