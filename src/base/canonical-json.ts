/**
 * JSON with one spelling per value (RFC 8785): members sorted by UTF-16 code units, no white space. Members that are
 * `undefined` are left out. Throws `TypeError` for what JSON cannot say exactly: NaN, infinities, bigint, functions, lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return text(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON.`)
      return JSON.stringify(value)
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `[${value.map(canonicalJson).join(',')}]` : members(value)
    default:
      throw new TypeError(`A ${typeof value} has no JSON.`)
  }
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
