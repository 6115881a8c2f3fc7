import { isAlias, isScalar, isSeq, type Pair, stringify, type YAMLSeq } from 'yaml'
import {
  extentOf,
  type Kubeconfig,
  KubeconfigFault,
  lineEndOf,
  listOf,
  nextLine,
  pairOf,
  parseKubeconfig,
  type Section,
  startOfLine,
} from './kubeconfig-document.ts'

/** Takes `[start, end)` out and puts `by` there. */
export type Edit = { readonly start: number; readonly end: number; readonly by: string }

const edit = (start: number, end: number, by = ''): Edit => ({ start, end, by })

/** Makes those changes that do not touch one another, at least one; the rest has to be worked out anew on the result. */
export function changed(config: Kubeconfig, edits: readonly Edit[]): Kubeconfig {
  let { text } = config
  let limit = text.length + 1
  for (const { start, end, by } of edits.toSorted((one, other) => other.start - one.start || other.end - one.end)) {
    if (start === limit || end > limit) continue
    text = text.slice(0, start) + by + text.slice(end)
    limit = start
  }
  return parseKubeconfig(text)
}

const refused = (why: string): KubeconfigFault => new KubeconfigFault('FILE_REFUSED', why)

/** An item in the way that kubectl writes it, indented to `column`. */
export function blockItem(item: unknown, column: number, eol: string): string {
  const text = stringify([item], {
    lineWidth: 0,
    indentSeq: false,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    doubleQuotedAsJSON: true,
  })
  const indent = ' '.repeat(column)
  return text.replace(/^(?=.)/gm, indent).replaceAll('\n', eol)
}

/** What stood where a list is made: `undefined` where there is a list already, `{}` where not even the key was there. */
export function missingList(config: Kubeconfig, section: Section): { readonly was?: string } | undefined {
  const pair = pairOf(config, section)
  if (pair === undefined) return {}
  if (isSeq(pair.value)) return undefined
  if (isAlias(pair.value)) throw refused(`its ${section} are an alias of another list`)
  return { was: plainScalar(config, pair, section) }
}

/**
 * Puts one item at the front of a list: there its lines touch nobody else's, and an absent last line end stays absent. Where there
 * is no list yet, one in brackets takes the place of what is there, so that the line keeps its comment.
 */
export function insertItem(config: Kubeconfig, section: Section, item: unknown): Edit {
  const { text } = config
  const found = listOf(config, section)
  if (found === undefined) return setValue(config, section, `[${JSON.stringify(item)}]`)
  if (isFlow(text, found)) {
    const open = extentOf(found).start + 1
    return edit(open, open, JSON.stringify(item) + (found.items.length === 0 ? '' : ','))
  }
  const dash = dashOf(text, found.items[0])
  const at = beforeComments(text, startOfLine(text, dash))
  const eol = text.slice(0, nextLine(text, dash)).endsWith('\r\n') ? '\r\n' : '\n'
  return edit(at, at, blockItem(item, dash - startOfLine(text, dash), eol))
}

/** The reverse; what an emptied list becomes is the mark's to say, and `null`, as kubectl writes it, where kubectl has written. */
export function removeItem(
  config: Kubeconfig,
  section: Section,
  node: unknown,
  made?: { readonly was?: string },
): Edit {
  const { text } = config
  const pair = pairOf(config, section)
  const found = listOf(config, section)
  if (pair === undefined || found === undefined) throw new RangeError('An item lies in a list.')
  const last = found.items.length === 1
  if (isFlow(text, found)) {
    if (last && made !== undefined) return unsetValue(config, pair, made.was)
    const { start, end } = extentOf(node)
    return cutBetweenCommas(text, start, end)
  }
  const start = startOfLine(text, dashOf(text, node))
  const end = nextLineAfter(text, lastOffset(node))
  if (!last) return edit(start, end)
  const colon = colonOf(text, pair) + 1
  return edit(colon, end, ` null${text.slice(colon, start)}`)
}

/** Sets a key to a value on one line; its reverse is {@link unsetValue} with the text that was there. */
export function setValue(config: Kubeconfig, key: string, value: string): Edit {
  const { text, root } = config
  const pair = pairOf(config, key)
  if (root === undefined) throw new RangeError('A key goes into a mapping.')
  if (pair !== undefined) {
    const was = plainScalar(config, pair, key)
    if (was === '') {
      const after = colonOf(text, pair) + 1
      return edit(after, after, ` ${value}`)
    }
    const { start } = extentOf(pair.value)
    return edit(start, start + was.length, value)
  }
  if (isFlow(text, root)) {
    const open = extentOf(root).start + 1
    return edit(open, open, `${JSON.stringify(key)}:${value}${root.items.length === 0 ? '' : ','}`)
  }
  const first = extentOf(root.items[0]?.key).start
  const line = startOfLine(text, first)
  const indent = text.slice(line, first)
  if (/[^ ]/.test(indent)) throw refused('its first key does not begin a line')
  return edit(line, line, `${indent}${key}: ${value}${lineEndOf(text)}`)
}

/** `was`: the text to give back; without it, key and all go. */
export function unsetValue({ text, root }: Kubeconfig, pair: Pair, was: string | undefined): Edit {
  const { start, end } = extentOf(pair.value)
  if (was === '') return edit(start - (text[start - 1] === ' ' ? 1 : 0), end)
  if (was !== undefined) return edit(start, end, was)
  const key = extentOf(pair.key).start
  if (root !== undefined && isFlow(text, root)) return cutBetweenCommas(text, key, end)
  return edit(startOfLine(text, key), nextLine(text, end))
}

/** The text of a scalar that may be replaced; `''` where there is none. */
export function plainScalar({ text }: Kubeconfig, pair: Pair, key: string): string {
  const { value } = pair
  if (!isScalar(value) || value.anchor !== undefined || value.tag !== undefined)
    throw refused(`its ${key} is written in a way that jit cannot give back`)
  const { start, end } = extentOf(value)
  return text.slice(start, end).trimEnd()
}

const isFlow = (text: string, collection: unknown): boolean => '[{'.includes(text[extentOf(collection).start] ?? ' ')

function colonOf(text: string, pair: Pair): number {
  return text.indexOf(':', extentOf(pair.key).end)
}

/** The dash that a block item hangs on; only comments may lie between the two. */
function dashOf(text: string, node: YAMLSeq['items'][number]): number {
  for (let line = startOfLine(text, extentOf(node).start); ; line = startOfLine(text, line - 1)) {
    const indent = /^ *-(?=\s)/.exec(text.slice(line, nextLine(text, line)))
    if (indent !== null) return line + indent[0].length - 1
    if (line === 0) throw refused('one of its lists does not begin on a line of its own')
  }
}

/** Comments and blank lines above the first item stay with it. */
function beforeComments(text: string, line: number): number {
  let at = line
  while (at > 0) {
    const above = startOfLine(text, at - 1)
    if (!/^\s*(#.*)?$/.test(text.slice(above, at).trimEnd())) return at
    at = above
  }
  return at
}

/** Where the text of a block node really ends: its range may reach over comments that follow. */
function lastOffset(node: unknown): number {
  if (typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items)) {
    const last: unknown = node.items.at(-1)
    const flow = 'flow' in node && node.flow === true
    if (last !== undefined && !flow) return lastOffset(last)
  }
  if (typeof node === 'object' && node !== null && 'key' in node && 'value' in node)
    return node.value === null ? lastOffset(node.key) : lastOffset(node.value)
  return extentOf(node).end
}

const nextLineAfter = (text: string, end: number): number => (text[end - 1] === '\n' ? end : nextLine(text, end))

/** Takes a member out of brackets with the comma that came with it. */
function cutBetweenCommas(text: string, start: number, end: number): Edit {
  const after = /^\s*,/.exec(text.slice(end))
  if (after !== null) return edit(start, end + after[0].length)
  const before = /,\s*$/.exec(text.slice(0, start))
  return edit(start - (before?.[0].length ?? 0), end)
}
