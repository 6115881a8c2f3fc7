import { createHash } from 'node:crypto'
import { namesProfile } from './aws-ini.ts'
import {
  appendBlock,
  type Block,
  findBlocks,
  GRANT_KEY,
  LINES_KEY,
  type NewBlock,
  removeBlocks,
} from './credentials-block.ts'
import { applyEdits, type Edit, editsAmong, INI_HEADER } from './ini-edits.ts'
import { cut, type Line, linesOf, textOf } from './lines.ts'
import { cutLines, tailOf } from './section-tail.ts'

// A lease as the default profile. A second `[default]` would make the file unreadable, so the header of the one before is
// renamed where it stands and names the lease that it made room for: `[default-kept-by-jit-g_1]`. That is a profile like any
// other: it can be used meanwhile, it survives a tool that writes the file anew without comments, and anybody can rename it
// back by hand. A default of ours is displaced by a later one in the same way: a chain whose links go in any order.

const DEFAULT = 'default'
const KEPT = '-kept-by-jit-'

/** A section of ours that is the default, or was until a later lease displaced it. */
export const isDefaultBlock = ({ profile }: Pick<Block, 'profile'>): boolean =>
  profile !== undefined && isDefault(profile)

const isDefault = (name: string): boolean => name === DEFAULT || name.startsWith(`${DEFAULT}${KEPT}`)

/**
 * Makes `lines` (keys, without a header) the default profile. A lease that has been it before keeps its place in the chain: a
 * renewal does not take the default back from a later lease.
 */
export function insertDefault(bytes: Buffer, block: NewBlock): Buffer {
  const known = markedDefault(bytes, block.lease)
  if (known !== undefined) return exchangeLines(bytes, known, block)
  const kept = (name: string): string => (namesProfile(name, DEFAULT) ? `${name}${KEPT}${block.lease}` : name)
  return appendBlock(renameHeaders(bytes, kept), { ...block, lines: [`[${DEFAULT}]`, ...signed(block.lines)] })
}

/**
 * Ends the default of `lease`: what it displaced gets the place again, together with what other tools wrote into it meanwhile.
 * Works on a file that has lost our comments too. Where somebody has made a default of his own since, that stays the default.
 */
export function removeDefault(bytes: Buffer, lease: string): Buffer {
  const found = ownDefault(bytes, lease)
  const place = found?.place ?? ''
  const freed = giveBack(found?.without ?? bytes, lease, place)
  const isPlace = (name: string): boolean =>
    name.endsWith(place) && namesProfile(name.slice(0, name.length - place.length), DEFAULT)
  return applyEdits(freed, found?.edits ?? [], { isIt: isPlace, otherwise: `[${DEFAULT}${place}]` })
}

/** Whether `lease` still holds somebody's section under another name. */
export const keepsDefault = (bytes: Buffer, lease: string): boolean =>
  headersOf(bytes).some(({ name }) => name.endsWith(`${KEPT}${lease}`))

/** Our defaults in the order of their making, as `insertDefault` takes them; what others wrote into them left out. */
export function defaultsIn(bytes: Buffer): readonly NewBlock[] {
  const chain: Block[] = []
  const left = findBlocks(bytes).filter(isDefaultBlock)
  for (let name = DEFAULT; ; name = `${DEFAULT}${KEPT}${chain[0]?.lease}`) {
    const at = left.findIndex(({ profile }) => profile === name)
    if (at < 0) break
    chain.unshift(...left.splice(at, 1))
  }
  return [...left, ...chain].map((block) => {
    const texts = linesAmong(bytes, block).map((line) => textOf(bytes, line))
    const ours = isOurs(texts)
    const lines = texts.filter((text) => ours(text) && !text.startsWith('#') && !text.startsWith(LINES_KEY))
    return { lease: block.lease, expiresAt: block.expiresAt, lines }
  })
}

const markedDefault = (bytes: Buffer, lease: string): Block | undefined =>
  findBlocks(bytes).find((block) => block.lease === lease && isDefaultBlock(block))

type OwnDefault = {
  /** What stands behind `default` in its header: nothing, or by whom it was displaced. */
  readonly place: string
  readonly edits: readonly Edit[]
  readonly without: Buffer
}

function ownDefault(bytes: Buffer, lease: string): OwnDefault | undefined {
  const block = markedDefault(bytes, lease)
  if (block?.profile === undefined) return unmarkedDefault(bytes, lease)
  const tail = tailOf(bytes, block)
  return {
    place: block.profile.slice(DEFAULT.length),
    edits: foreign(bytes, [...linesAmong(bytes, block), ...tail]),
    without: removeBlocks(cutLines(bytes, tail), (each) => each.lease === lease && isDefaultBlock(each)),
  }
}

function unmarkedDefault(bytes: Buffer, lease: string): OwnDefault | undefined {
  const grant = new RegExp(`^\\s*${GRANT_KEY}\\s*[=:]\\s*${lease}\\s*$`)
  for (const { name, line, body } of headersOf(bytes)) {
    if (!isDefault(name) || !body.some((each) => grant.test(textOf(bytes, each)))) continue
    const used = body.findLastIndex((each) => !/^\s*([#;].*)?$/.test(textOf(bytes, each)))
    const gone = [line, ...body.slice(0, used + 1)].map(({ start, next }) => ({ start, end: next }))
    return { place: name.slice(DEFAULT.length), edits: foreign(bytes, body), without: cut(bytes, gone) }
  }
  return undefined
}

/** Puts back the names of the sections that `lease` displaced; they now stand where it stood. */
function giveBack(bytes: Buffer, lease: string, place: string): Buffer {
  const taken = place === '' && headersOf(bytes).some(({ name }) => namesProfile(name, DEFAULT))
  const suffix = `${KEPT}${lease}`
  const renamed = (name: string): string => (name.endsWith(suffix) ? `${name.slice(0, -suffix.length)}${place}` : name)
  return taken ? bytes : renameHeaders(bytes, renamed)
}

/** New keys for a block that stays where it is, as it is called. */
function exchangeLines(bytes: Buffer, known: Block, block: NewBlock): Buffer {
  const kept = foreign(bytes, linesAmong(bytes, known))
  const alone = appendBlock(Buffer.alloc(0), {
    ...block,
    lines: [`[${known.profile ?? DEFAULT}]`, ...signed(block.lines), ...kept.flatMap(({ lines }) => lines)],
  })
  const crlf = bytes.toString('latin1', known.start, known.end).includes('\r\n')
  const newline = bytes.toString('latin1', known.start, known.end).match(/ nl=([012]) /)?.[1] ?? '0'
  const text = alone.toString('latin1').replace(' nl=0 ', ` nl=${newline} `)
  const next = Buffer.from(crlf ? text.replaceAll('\n', '\r\n') : text, 'latin1')
  const [first] = known.owned
  const rest = cut(bytes, known.owned)
  const at = first?.start ?? known.start
  return Buffer.concat([rest.subarray(0, at), next, rest.subarray(at)])
}

const linesAmong = (bytes: Buffer, { owned }: Block): readonly Line[] =>
  owned.flatMap(({ start, end }) => linesOf(bytes.subarray(0, end), start))

/** What others wrote among these lines of ours. */
function foreign(bytes: Buffer, lines: readonly Line[]): readonly Edit[] {
  const texts = lines.map((line) => textOf(bytes, line))
  const ours = isOurs(texts)
  return editsAmong(texts.filter((text) => !INI_HEADER.test(text) && !ours(text)))
}

/** Whether a line is as we wrote it, i.e. whether its digest is in the list. */
function isOurs(texts: readonly string[]): (text: string) => boolean {
  const digests = new Set(texts.filter((text) => text.startsWith(LINES_KEY)).flatMap((text) => text.split(/[\s=]+/)))
  return (text) =>
    text.startsWith(LINES_KEY) ||
    text.startsWith(GRANT_KEY) ||
    digests.has(digestOf(text)) ||
    /^# (>>>|<<<) jit /.test(text)
}

/** 32 bits of a hash tell an edit from no edit, and nothing about a key of 240 bits. */
const signed = (lines: readonly string[]): readonly string[] => [
  ...lines,
  `${LINES_KEY} = ${lines.map(digestOf).join(' ')}`,
]
const digestOf = (line: string): string => createHash('sha256').update(line.trimEnd()).digest('hex').slice(0, 8)

type Header = { readonly line: Line; readonly name: string; readonly body: readonly Line[] }

function headersOf(bytes: Buffer): readonly Header[] {
  const headers: { line: Line; name: string; body: Line[] }[] = []
  for (const line of linesOf(bytes)) {
    const name = INI_HEADER.exec(textOf(bytes, line))?.[1]
    if (name === undefined) headers.at(-1)?.body.push(line)
    else headers.push({ line, name, body: [] })
  }
  return headers
}

function renameHeaders(bytes: Buffer, rename: (name: string) => string): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (const { line, name } of headersOf(bytes)) {
    const start = line.start + 1 // behind the bracket
    parts.push(bytes.subarray(at, start), Buffer.from(rename(name), 'latin1'))
    at = start + name.length
  }
  return Buffer.concat([...parts, bytes.subarray(at)])
}
