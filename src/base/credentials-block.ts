import { cut, endOfLine, type Line, linesOf, type Span, textOf } from './lines.ts'

/** Keys whose values are secret, or lead to one. */
export const SECRET_KEYS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const
/** Names the lease inside the section, so that it is found even after a tool has dropped our comments. */
export const GRANT_KEY = 'x_jit_grant'
export const EXPIRES_KEY = 'x_security_token_expires'
/** Digests of the lines that we wrote into `[default]`, where the user's own tools write as well. */
export const LINES_KEY = 'x_jit_lines'
/** What a block of ours holds, in the credentials file and in the config file. */
export const OWN_KEYS: readonly string[] = [
  ...SECRET_KEYS,
  GRANT_KEY,
  EXPIRES_KEY,
  LINES_KEY,
  'region',
  'credential_process',
]

const BEGIN = /^# >>> jit ([\w-]{1,80}) exp=(\d{1,12}) nl=([012]) >>>$/
const END = /^# <<< jit ([\w-]{1,80}) <<<$/
const HEADER = /^\s*\[([^\]]*)\]/
export const PAIR = /^\s*([\w-]+)\s*=\s*(.*)$/

/** One marked block of ours, found in a file. */
export type Block = {
  readonly lease: string
  /** Unix seconds, from the marker: a lost journal does not save the secret. */
  readonly expiresAt: number
  /** The profile whose section it holds; absent where the section is gone. */
  readonly profile?: string
  readonly start: number
  readonly end: number
  /** Bytes that are ours, in order. What lies between them was put there by another program and stays. */
  readonly owned: readonly Span[]
  /** Secret values, for a scrub of the same length. */
  readonly secrets: readonly Span[]
  /** Bytes of end of line before the block that belong to it. */
  readonly newline: number
}

export type NewBlock = {
  readonly lease: string
  readonly expiresAt: number
  /** Header and keys, without ends of line. */
  readonly lines: readonly string[]
}

/** Appends a block in the file's own end of line. All bytes that were there stay as they were. */
export function appendBlock(bytes: Buffer, { lease, expiresAt, lines }: NewBlock): Buffer {
  const eol = endOfLine(bytes)
  const glue = bytes.length > 0 && bytes.at(-1) !== 10 ? eol : ''
  const begin = `# >>> jit ${lease} exp=${expiresAt} nl=${glue.length} >>>`
  return Buffer.concat([bytes, Buffer.from(glue + [begin, ...lines, `# <<< jit ${lease} <<<`, ''].join(eol))])
}

/** Our blocks in file order. One without an end marker was torn by a crash and reaches as far as its lines are ours. */
export function findBlocks(bytes: Buffer): readonly Block[] {
  const blocks: Block[] = []
  for (let at = nextMarker(bytes, 0); at < bytes.length; ) {
    const lines = blockLines(bytes, at, nextMarker(bytes, at + 1))
    if (lines.length > 0) blocks.push(describe(bytes, lines))
    at = nextMarker(bytes, Math.max(lines.at(-1)?.next ?? 0, at + 1))
  }
  return blocks
}

/** Where the next line that may begin a block starts; the file's length where there is none. */
function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf('# >>> jit ', from); at >= 0; at = bytes.indexOf('# >>> jit ', at + 1))
    if (at === 0 || bytes[at - 1] === 10) return at
  return bytes.length
}

/** The lines of the block that begins at `start` and ends before `limit`; none where it is no block. */
function blockLines(bytes: Buffer, start: number, limit: number): readonly Line[] {
  const lines = linesOf(bytes.subarray(0, limit), start)
  const lease = BEGIN.exec(textAt(bytes, lines, 0))?.[1]
  if (lease === undefined) return []
  const end = lines.findIndex((line) => END.exec(textOf(bytes, line))?.[1] === lease)
  if (end > 0) return lines.slice(0, end + 1)
  const foreign = lines.findIndex((_line, index) => index > 0 && !couldBeOurs(bytes, lines, index))
  return foreign < 0 ? lines : lines.slice(0, foreign)
}

function couldBeOurs(bytes: Buffer, lines: readonly Line[], index: number): boolean {
  const text = textAt(bytes, lines, index)
  if (index === 1 && text.startsWith('[')) return true
  const key = PAIR.exec(text)?.[1]
  if (key !== undefined) return OWN_KEYS.includes(key)
  const line = lines[index]
  const unfinished = line !== undefined && line.end === line.next // a crash cut it short
  return (
    unfinished && (OWN_KEYS.some((own) => `${own} =`.startsWith(text)) || '# <<< jit '.startsWith(text.slice(0, 10)))
  )
}

function describe(bytes: Buffer, lines: readonly Line[]): Block {
  const [first, ...rest] = lines
  const marker = first === undefined ? null : BEGIN.exec(textOf(bytes, first))
  if (first === undefined || marker === null) throw new RangeError('A block starts with its marker.')
  const lease = marker[1] ?? ''
  const closed = END.exec(textAt(bytes, lines, lines.length - 1))?.[1] === lease
  const section = ownSection(bytes, closed ? rest.slice(0, -1) : rest, lease)
  const profile = section[0] === undefined ? undefined : HEADER.exec(textOf(bytes, section[0]))?.[1]
  const owned = [first, ...section, ...(closed ? lines.slice(-1) : [])]
  return {
    lease,
    expiresAt: Number(marker[2]),
    ...(profile === undefined ? {} : { profile }),
    start: first.start,
    end: lines.at(-1)?.next ?? first.next,
    owned: owned.map(({ start, next }) => ({ start, end: next })),
    secrets: section.flatMap((line) => secretSpan(bytes, line)),
    // The marker's own end of line tells whether a program has rewritten all of them since.
    newline: marker[3] === '0' ? 0 : first.next - first.end,
  }
}

/**
 * Lines of the block that belong to our profile. `aws configure set` takes our first marker for a key of the section above
 * (it holds a `=`) and puts that section's new keys between the marker and our header: such lines are not ours.
 */
function ownSection(bytes: Buffer, body: readonly Line[], lease: string): readonly Line[] {
  const sections: Line[][] = []
  for (const line of body) {
    const text = textOf(bytes, line)
    const isCut = text.startsWith('[') && line.end === line.next && line.end === bytes.length
    if (HEADER.test(text) || isCut) sections.push([line])
    else sections.at(-1)?.push(line)
  }
  const named = (line: Line): boolean => {
    const pair = PAIR.exec(textOf(bytes, line))
    return pair?.[1] === GRANT_KEY && pair[2]?.trim() === lease
  }
  return sections.find((lines) => lines.some(named)) ?? sections[0] ?? []
}

function secretSpan(bytes: Buffer, line: Line): readonly Span[] {
  const text = textOf(bytes, line)
  const pair = PAIR.exec(text)
  if (pair?.[1] === undefined || !SECRET_KEYS.some((key) => key === pair[1])) return []
  return [{ start: line.start + text.indexOf('=') + 1, end: line.end }]
}

/** Takes out the blocks chosen; everything else stays byte for byte, in any order of removing. */
export function removeBlocks(bytes: Buffer, pick: (block: Block) => boolean): Buffer {
  const block = findBlocks(bytes).findLast(pick)
  return block === undefined ? bytes : removeBlocks(removeBlock(bytes, block), pick)
}

function removeBlock(bytes: Buffer, block: Block): Buffer {
  const kept = block.end - block.start - block.owned.reduce((sum, { start, end }) => sum + end - start, 0)
  if (block.newline === 0 || kept > 0) return cut(bytes, block.owned)
  const eol = block.newline === 2 ? '\r\n' : '\n'
  const glued = bytes.toString('latin1', Math.max(0, block.start - eol.length), block.start) === eol
  if (block.end === bytes.length && glued) return cut(bytes, [{ start: block.start - eol.length, end: block.end }])
  return inheritNewline(cut(bytes, block.owned), block)
}

/** The next block, if it follows at once, is now the one after the newline that we added, and takes it along when it goes. */
function inheritNewline(bytes: Buffer, { start, newline }: Block): Buffer {
  const next = linesOf(bytes.subarray(0, bytes.indexOf(10, start) + 1), start)[0]
  const marker = next === undefined ? null : BEGIN.exec(textOf(bytes, next))
  if (next === undefined || marker?.[3] !== '0') return bytes
  const result = Buffer.from(bytes)
  result.write(String(newline), next.end - ' >>>'.length - 1, 'latin1')
  return result
}

function textAt(bytes: Buffer, lines: readonly Line[], index: number): string {
  const line = lines[index]
  return line === undefined ? '' : textOf(bytes, line)
}

/**
 * What a program has newly written, with the blocks that count now: `theirs` without any block of ours, and behind it those of
 * `current`. Blocks that `theirs` still had may long be wiped.
 */
export function graftBlocks(theirs: Buffer, current: Buffer): Buffer {
  let result = removeBlocks(theirs, () => true)
  for (const block of findBlocks(current)) {
    const text = block.owned.map(({ start, end }) => current.toString('latin1', start, end).replace(/\r?\n$/, ''))
    const lines = text.slice(1).filter((line) => !END.test(line))
    if (lines.length > 0) result = appendBlock(result, { lease: block.lease, expiresAt: block.expiresAt, lines })
  }
  return result
}
