import type { Span } from './lines.ts'

/** A JSON text with the place of everything in it. Edits make a new one; bytes that an edit does not name stay as they are. */
export type Json = { readonly text: string; readonly root: JsonNode }
export type JsonPath = readonly (string | number)[]

type JsonNode = Span & (Container | { readonly kind: 'scalar' })
type Container = { readonly kind: 'object' | 'array'; readonly children: readonly Child[] }
/** A member with its key, or an item. */
type Child = Span & { readonly key: string | number; readonly value: JsonNode }

export type JsonReading = { readonly ok: true; readonly json: Json } | { readonly ok: false; readonly why: string }

/** No program nests its settings so deep; Python's own reader gives up at about a thousand. */
const MAX_DEPTH = 200

/** RFC 8259, and a byte order mark before it. Refused besides: a name twice in one object, since writers keep one of the two. */
export function readJson(bytes: Buffer): JsonReading {
  try {
    return { ok: true, json: jsonOf(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) }
  } catch (error) {
    if (error instanceof TypeError) return { ok: false, why: 'it is not valid UTF-8' }
    if (error instanceof SyntaxError) return { ok: false, why: error.message }
    throw error
  }
}

/** Throws `SyntaxError`. */
export function jsonOf(text: string): Json {
  const start = text.startsWith('\uFEFF') ? 1 : 0
  assertSyntax(text.slice(start))
  return { text, root: nodeFrom(text, skipSpace(text, start), 0) }
}

function assertSyntax(text: string): void {
  try {
    JSON.parse(text)
  } catch {
    // the engine's own message quotes the text around the fault, which may be a secret
    throw new SyntaxError('it is not valid JSON')
  }
}

const SPACE = /[ \t\r\n]*/y
const SCALAR = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,\]}]+/y

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at
  return SPACE.test(text) ? SPACE.lastIndex : at
}

/** The text is valid JSON, so what stands where is known from one character. */
function nodeFrom(text: string, start: number, depth: number): JsonNode {
  if (depth > MAX_DEPTH) throw new SyntaxError('it is nested too deep')
  const open = text[start]
  if (open !== '{' && open !== '[') return { kind: 'scalar', start, end: scalarEnd(text, start) }
  const children: Child[] = []
  const names = new Set<string>()
  let at = skipSpace(text, start + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    const child = open === '{' ? memberFrom(text, at, depth, names) : itemFrom(text, at, depth, children.length)
    children.push(child)
    at = skipSpace(text, child.end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return { kind: open === '{' ? 'object' : 'array', children, start, end: at + 1 }
}

function memberFrom(text: string, start: number, depth: number, names: Set<string>): Child {
  const keyEnd = scalarEnd(text, start)
  const key = String(JSON.parse(text.slice(start, keyEnd)))
  if (names.has(key)) throw new SyntaxError(`it has ${JSON.stringify(key)} twice in one object`)
  names.add(key)
  const value = nodeFrom(text, skipSpace(text, skipSpace(text, keyEnd) + 1), depth + 1)
  return { key, value, start, end: value.end }
}

function itemFrom(text: string, start: number, depth: number, index: number): Child {
  const value = nodeFrom(text, start, depth + 1)
  return { key: index, value, start, end: value.end }
}

function scalarEnd(text: string, start: number): number {
  SCALAR.lastIndex = start
  return SCALAR.test(text) ? SCALAR.lastIndex : start
}

function find({ root }: Json, path: JsonPath): JsonNode | undefined {
  let node: JsonNode | undefined = root
  for (const key of path) {
    const parent: JsonNode | undefined = node
    node =
      parent === undefined || parent.kind === 'scalar'
        ? undefined
        : parent.children.find((child) => child.key === key)?.value
  }
  return node
}

function containerAt(json: Json, path: JsonPath): Span & Container {
  const node = find(json, path)
  if (node === undefined || node.kind === 'scalar') throw new RangeError(`No object or list at ${path.join('/')}.`)
  return node
}

const splice = ({ text }: Json, { start, end }: Span, put: string): Json =>
  jsonOf(text.slice(0, start) + put + text.slice(end))

/**
 * What lies at `path`; `undefined` where nothing does. Put together from the parts: V8 (Node 24.21) takes the name `"` for `\\` in an
 * object that looks like an earlier one with that name.
 */
export function valueAt(json: Json, path: JsonPath): unknown {
  const node = find(json, path)
  return node === undefined ? undefined : valueOf(json, node)
}

function valueOf(json: Json, node: JsonNode): unknown {
  if (node.kind === 'scalar') return JSON.parse(json.text.slice(node.start, node.end))
  const entries = node.children.map(({ key, value }) => [key, valueOf(json, value)] as const)
  return node.kind === 'array' ? entries.map(([, value]) => value) : Object.fromEntries(entries)
}

/** As {@link valueAt}, as it is written. */
export function textAt(json: Json, path: JsonPath): string | undefined {
  const node = find(json, path)
  return node === undefined ? undefined : json.text.slice(node.start, node.end)
}

/** In bytes of the UTF-8 text; for a string without its quotes. */
export function spanAt(json: Json, path: JsonPath): Span | undefined {
  const node = find(json, path)
  if (node === undefined) return undefined
  const quote = json.text[node.start] === '"' ? 1 : 0
  const start = Buffer.byteLength(json.text.slice(0, node.start + quote))
  return { start, end: start + Buffer.byteLength(json.text.slice(node.start + quote, node.end - quote)) }
}

/** Behind the last of the object or list at `path`; an object needs `key`. `value` is JSON text. {@link removeAt} is the inverse. */
export function append(json: Json, path: JsonPath, value: string, key?: string): Json {
  const into = containerAt(json, path)
  const last = into.children.at(-1)
  const put = memberText(into, value, key)
  if (last === undefined) return splice(json, { start: into.start + 1, end: into.start + 1 }, put)
  return splice(json, { start: last.end, end: last.end }, `,${leading(json, into)}${put}`)
}

/** As {@link append}, before the first. */
export function prepend(json: Json, path: JsonPath, value: string, key?: string): Json {
  const into = containerAt(json, path)
  const first = into.children[0]
  if (first === undefined) return append(json, path, value, key)
  return splice(
    json,
    { start: first.start, end: first.start },
    `${memberText(into, value, key)},${leading(json, into)}`,
  )
}

function memberText({ kind }: Container, value: string, key: string | undefined): string {
  if ((kind === 'object') !== (key !== undefined)) throw new RangeError('Members have a name and items have none.')
  return key === undefined ? value : `${JSON.stringify(key)}: ${value}`
}

/** How the first of a container is set off from its bracket: indentation, or nothing. */
const leading = ({ text }: Json, { start, children }: Span & Container): string =>
  text.slice(start + 1, children[0]?.start ?? start + 1)

export function replaceAt(json: Json, path: JsonPath, value: string): Json {
  const node = find(json, path)
  if (node === undefined) throw new RangeError(`Nothing at ${path.join('/')}.`)
  return splice(json, node, value)
}

/** Takes a member or an item out, with one comma and the space that belonged to it. */
export function removeAt(json: Json, path: JsonPath): Json {
  const from = containerAt(json, path.slice(0, -1))
  const index = from.children.findIndex(({ key }) => key === path.at(-1))
  const [before, own, after] = [from.children[index - 1], from.children[index], from.children[index + 1]]
  if (own === undefined) throw new RangeError(`Nothing at ${path.join('/')}.`)
  if (before !== undefined) return splice(json, { start: before.end, end: own.end }, '')
  if (after !== undefined) return splice(json, { start: own.start, end: after.start }, '')
  // Where space is before it, somebody has written the file anew since `append`, which puts none there.
  const alone = own.start === from.start + 1 ? own : { start: from.start + 1, end: from.end - 1 }
  return splice(json, alone, '')
}
