/** A value from outside had another shape than the contract says. `path` names the member, e.g. `grants[0].id`. */
export class ShapeError extends Error {
  readonly path: string
  constructor(path: string, expected: string) {
    super(`${path}: expected ${expected}`)
    this.name = 'ShapeError'
    this.path = path
  }
}

/** Reads one member of parsed data; throws {@link ShapeError} where it has another shape. */
export type Reader<T> = (value: unknown, path: string) => T

export const string: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw new ShapeError(path, 'a string')
  return value
}

export const integer: Reader<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new ShapeError(path, 'an integer')
  return value
}

export const boolean: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false')
  return value
}

/** The form of {@link isInstant}. */
export const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** An RFC 3339 instant in UTC: `2026-11-21T23:30:00Z`, fractions allowed. */
export const isInstant = (text: string): boolean => INSTANT.test(text) && !Number.isNaN(Date.parse(text))

/** {@link isInstant}, kept as text. */
export const instant: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || !isInstant(value))
    throw new ShapeError(path, 'a UTC time such as 2026-11-21T23:30:00Z')
  return value
}

export function oneOf<const T extends string>(...allowed: readonly T[]): Reader<T> {
  return (value, path) => {
    const found = allowed.find((each) => each === value)
    if (found === undefined) throw new ShapeError(path, `one of ${allowed.join(', ')}`)
    return found
  }
}

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, 'a list')
    return value.map((each, index) => item(each, `${path}[${index}]`))
  }
}

/** Own members only: a key that lives on the prototype is no data. Members the contract does not know are dropped. */
export function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'an object')
  return Object.fromEntries(Object.entries(value))
}

type Shape = Readonly<Record<string, Reader<unknown>>>
type Required<S extends Shape> = { readonly [K in keyof S]: S[K] extends Reader<infer T> ? T : never }
type Optional<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Reader<infer T> ? T : never }

/** An object with these members. `optional` ones may be absent (JSON null counts as absent). */
export function object<R extends Shape>(required: R): Reader<Required<R>>
export function object<R extends Shape, O extends Shape>(required: R, optional: O): Reader<Required<R> & Optional<O>>
export function object(required: Shape, optional: Shape = {}): Reader<unknown> {
  return (value, path) => {
    const from = record(value, path)
    const result: Record<string, unknown> = {}
    for (const [key, read] of Object.entries(required)) result[key] = read(from[key], `${path}.${key}`)
    for (const [key, read] of Object.entries(optional))
      if (from[key] !== undefined && from[key] !== null) result[key] = read(from[key], `${path}.${key}`)
    return result
  }
}
