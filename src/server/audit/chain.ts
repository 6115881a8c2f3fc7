import { createHash } from 'node:crypto'
import { canonicalJson } from '../../base/canonical-json.ts'
import type { LeafRow } from '../store/types.ts'
import type { AuditEvent, Leaf } from './types.ts'

export const NO_LEAF = '0'.repeat(64)

/** RFC 9162 §2.1.1: leaves hash under another first byte than inner nodes, so that a tree over them can come later. */
const LEAF_PREFIX = Uint8Array.of(0)

/**
 * SHA-256(0x00 ‖ previous hash, 32 bytes ‖ canonical JSON of {at, body, seq}), in hex. Anyone can compute it from an
 * exported line; changing, dropping or moving one leaf changes every later hash.
 */
export function leafHash({ seq, prevHash, at, body }: Omit<Leaf, 'hash'>): string {
  return rowHash({ seq, prevHash, at, bodyJson: canonicalJson(body) })
}

/** The leaf that comes after `last`, as it is stored. */
export function nextRow(last: Pick<LeafRow, 'seq' | 'hash'> | undefined, at: number, event: AuditEvent): LeafRow {
  const row = { seq: (last?.seq ?? 0) + 1, prevHash: last?.hash ?? NO_LEAF, at, bodyJson: canonicalJson(event) }
  return { ...row, hash: rowHash(row) }
}

function rowHash({ seq, prevHash, at, bodyJson }: Omit<LeafRow, 'hash'>): string {
  return createHash('sha256')
    .update(LEAF_PREFIX)
    .update(prevHash, 'hex')
    .update(`{"at":${at},"body":${bodyJson},"seq":${seq}}`)
    .digest('hex')
}
