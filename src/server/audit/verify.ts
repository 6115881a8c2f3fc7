import { canonicalJson } from '../../base/canonical-json.ts'
import { integer, object, type Reader, record, ShapeError, string } from '../../contract/narrow.ts'
import { leafHash, NO_LEAF } from './chain.ts'
import type { Head, Leaf, Verification } from './types.ts'

/**
 * Checks a whole log, offline, leaf by leaf in the order given. Without `remembered` a log that was cut at its end or
 * rewritten from some leaf on passes: only someone who remembers a head can see that.
 */
export async function verifyLeaves(
  leaves: AsyncIterable<unknown> | Iterable<unknown>,
  remembered?: Head,
): Promise<Verification> {
  let head: Head = { seq: 0, hash: NO_LEAF }
  for await (const each of leaves) {
    const found = follows(head, each)
    if (typeof found === 'string') return { ok: false, seq: head.seq + 1, why: found }
    if (found.seq === remembered?.seq && found.hash !== remembered.hash)
      return { ok: false, seq: found.seq, why: 'This leaf is not the one that was remembered: the log was rewritten.' }
    head = found
  }
  if (remembered !== undefined && remembered.seq > head.seq)
    return {
      ok: false,
      seq: head.seq + 1,
      why: `The log ends at leaf ${head.seq}, but leaf ${remembered.seq} is remembered: it was cut.`,
    }
  return { ok: true, head }
}

/** The new head, or why `value` is not the leaf after `head`. */
function follows(head: Head, value: unknown): Head | string {
  const leaf = leafIn(value)
  if (leaf === undefined)
    return 'This is no leaf: a leaf has seq, prevHash, hash, at and body, each once, and nothing else.'
  if (leaf.seq !== head.seq + 1) return `Leaf ${leaf.seq} comes after leaf ${head.seq}.`
  if (leaf.prevHash !== head.hash) return 'This leaf does not continue the one before it.'
  if (leaf.hash !== leafHash(leaf)) return 'The content of this leaf is not what was hashed.'
  return { seq: leaf.seq, hash: leaf.hash }
}

function leafIn(value: unknown): Leaf | undefined {
  try {
    const leaf = readLeaf(value, 'leaf')
    return Object.keys(record(value, 'leaf')).length === Object.keys(leaf).length ? leaf : undefined
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

const digest: Reader<string> = (value, path) => {
  const text = string(value, path)
  if (!/^[0-9a-f]{64}$/.test(text)) throw new ShapeError(path, '64 lower-case hex digits')
  return text
}
/** What {@link leafHash} can hash; a lone surrogate, say, never came from us. */
const hashable: Reader<unknown> = (value, path) => {
  try {
    canonicalJson(value)
  } catch {
    throw new ShapeError(path, 'plain JSON')
  }
  return value
}
const readLeaf = object({ seq: integer, prevHash: digest, hash: digest, at: integer, body: hashable })
