/** Names of tags; `'all'` where a policy works out the name. */
export type TagNames = ReadonlySet<string> | 'all'

/** Tags that these policies ask for. A job has dozens, most of them new in every run. */
export function askedTags(parts: readonly unknown[]): TagNames {
  const names = parts.flatMap(tagNames)
  return names.includes(WORKED_OUT) ? 'all' : new Set(names.filter((name) => typeof name === 'string'))
}

const WORKED_OUT = Symbol('a name that only the evaluation knows')

function tagNames(part: unknown): readonly (string | typeof WORKED_OUT)[] {
  if (typeof part !== 'object' || part === null) return []
  const deeper = Object.values(part).flatMap(tagNames)
  return 'hasTag' in part
    ? [nameIn(part.hasTag), ...deeper]
    : 'getTag' in part
      ? [nameIn(part.getTag), ...deeper]
      : deeper
}

function nameIn(operand: unknown): string | typeof WORKED_OUT {
  const name = typeof operand === 'object' && operand !== null && 'right' in operand ? operand.right : undefined
  const value = typeof name === 'object' && name !== null && 'Value' in name ? name.Value : undefined
  return typeof value === 'string' ? value : WORKED_OUT
}
