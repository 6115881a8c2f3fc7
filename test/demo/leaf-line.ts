type Leaf = {
  readonly seq: number
  readonly at: number
  readonly hash: string
  readonly body: Readonly<Record<string, unknown>>
}

/** One leaf of the log as one line for a person. */
export function leafLine(json: string): string {
  const { seq, at, hash, body } = JSON.parse(json) as Leaf
  const { kind, asked, by, people, target, targets, policies } = body
  const who = name(asked !== undefined ? (asked as { by: unknown }).by : (by ?? people))
  const what = [target ?? targets ?? (asked as { targets?: unknown } | undefined)?.targets]
    .flat()
    .filter(Boolean)
    .join(', ')
  const why = Array.isArray(policies) && policies.length > 0 ? `policy ${policies.join(', ')}` : ''
  return [
    String(seq).padStart(3),
    new Date(at).toISOString().slice(11, 19),
    String(kind).padEnd(17),
    who.padEnd(8),
    what.padEnd(11),
    hash.slice(0, 12),
    why,
  ]
    .join('  ')
    .trimEnd()
}

function name(by: unknown): string {
  if (typeof by === 'string') return by
  if (typeof by === 'object' && by !== null && 'subject' in by) return String(by.subject)
  return ''
}
