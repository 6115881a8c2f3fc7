import { Unsupported } from './wire.ts'

type Value = Readonly<Record<string, unknown>>

/** A partial response: `items/name,nextPageToken` (Cloud Storage, "Performance tips"). Absent fields stay absent. */
export function selectFields(value: Value, fields: string | null): Value {
  if (fields === null) return value
  const paths = fields.split(',')
  for (const path of paths)
    if (!/^[A-Za-z]\w*(\/[A-Za-z]\w*)*$/.test(path)) throw new Unsupported(`the fields ${fields}`)
  return select(value, paths)
}

function select(value: Value, paths: readonly string[]): Value {
  const below = new Map<string, string[]>()
  for (const path of paths) {
    const [name = '', ...rest] = path.split('/')
    below.set(name, [...(below.get(name) ?? []), rest.join('/')])
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const wanted = below.get(name)
      if (wanted === undefined) return []
      return [[name, wanted.includes('') ? member : inside(member, wanted)]]
    }),
  )
}

function inside(member: unknown, paths: readonly string[]): unknown {
  if (Array.isArray(member)) return member.map((each: unknown) => inside(each, paths))
  return typeof member === 'object' && member !== null
    ? select(Object.fromEntries(Object.entries(member)), paths)
    : member
}
