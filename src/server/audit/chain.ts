import { createHash } from 'node:crypto'
import { canonicalJson } from '../../base/canonical-json.ts'
import type { Leaf } from './types.ts'

export const NO_LEAF = '0'.repeat(64)

/** RFC 9162 §2.1.1: leaves hash under another first byte than inner nodes, so that a tree over them can come later. */
const LEAF_PREFIX = Uint8Array.of(0)

/**
 * SHA-256(0x00 ‖ previous hash, 32 bytes ‖ canonical JSON of {at, body, seq}), in hex. Anyone can compute it from an
 * exported line; changing, dropping or moving one leaf changes every later hash.
 */
export function leafHash({ seq, prevHash, at, body }: Omit<Leaf, 'hash'>): string {
  return createHash('sha256')
    .update(LEAF_PREFIX)
    .update(prevHash, 'hex')
    .update(canonicalJson({ at, body, seq }))
    .digest('hex')
}

/** The leaf that comes after `last`. */
export function nextLeaf(last: Pick<Leaf, 'seq' | 'hash'> | undefined, at: number, body: unknown): Leaf {
  const leaf = { seq: (last?.seq ?? 0) + 1, prevHash: last?.hash ?? NO_LEAF, at, body }
  return { ...leaf, hash: leafHash(leaf) }
}
