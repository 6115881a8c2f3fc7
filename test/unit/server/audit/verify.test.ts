import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leafHash, nextRow } from '../../../../src/server/audit/chain.ts'
import type { Leaf } from '../../../../src/server/audit/types.ts'
import { verifyLeaves } from '../../../../src/server/audit/verify.ts'
import type { LeafRow } from '../../../../src/server/store/types.ts'

function log(length: number, salt = ''): Leaf[] {
  const leaves: Leaf[] = []
  let last: LeafRow | undefined
  for (let i = 0; i < length; i++) {
    last = nextRow(last, 1_000 + i, { kind: 'request.expired', request: `r_${salt}${i}` })
    const { bodyJson, ...row } = last
    leaves.push({ ...row, body: JSON.parse(bodyJson) })
  }
  return leaves
}
const honest = log(12)
const head = { seq: 12, hash: honest[11]?.hash ?? '' }
const at = fc.integer({ min: 0, max: 11 })

describe('verifyLeaves', () => {
  test('accepts an honest log, an empty one, and one that went on after the remembered head', async () => {
    expect(await verifyLeaves(honest, head)).toEqual({ ok: true, head })
    expect(await verifyLeaves([])).toEqual({ ok: true, head: { seq: 0, hash: '0'.repeat(64) } })
    expect((await verifyLeaves(log(20), head)).ok).toBe(true)
  })

  test('the hash is the documented one, so that anyone can compute it', () => {
    const body = { kind: 'request.expired', request: 'r_0' } as const
    expect(nextRow(undefined, 1000, body).hash).toBe('d58ad14c95c51a307439e7a38a5a3c17655456b2b32c83b0b75e8a025545b179')
  })

  test('finds a flip in any member of any leaf', async () => {
    const flips = [
      (leaf: Leaf) => ({ ...leaf, seq: leaf.seq + 1 }),
      (leaf: Leaf) => ({ ...leaf, at: leaf.at - 1 }),
      (leaf: Leaf) => ({ ...leaf, prevHash: flipped(leaf.prevHash) }),
      (leaf: Leaf) => ({ ...leaf, hash: flipped(leaf.hash) }),
      (leaf: Leaf) => ({ ...leaf, body: { kind: 'request.expired', request: 'r_x' } }),
      (leaf: Leaf) => ({ ...leaf, body: { ...Object(leaf.body), more: 1 } }),
      (leaf: Leaf) => ({ ...leaf, body: '\ud800' }),
      (leaf: Leaf) => ({ ...leaf, hash: leaf.hash.toUpperCase() + 'A' }),
      () => null,
    ]
    for (const [index, leaf] of honest.entries())
      for (const flip of flips)
        expect(await verifyLeaves(honest.with(index, flip(leaf) as Leaf), head)).toMatchObject({
          ok: false,
          seq: index + 1,
        })
  })

  test('finds a leaf that was changed and hashed again', async () => {
    for (const [index, { seq, prevHash, at }] of honest.slice(0, -1).entries()) {
      const forged = { seq, prevHash, at, body: { kind: 'request.expired', request: 'r_x' } }
      const log = honest.with(index, { ...forged, hash: leafHash(forged) })
      expect(await verifyLeaves(log)).toMatchObject({ ok: false, seq: index + 2 })
    }
  })

  test('finds a deleted, inserted, repeated or moved leaf', async () => {
    await fc.assert(
      fc.asyncProperty(at, at, async (i, j) => {
        const leaf = honest[i]
        if (leaf === undefined) throw new Error('no leaf')
        expect((await verifyLeaves(honest.toSpliced(i, 1), head)).ok).toBe(false)
        expect((await verifyLeaves(honest.toSpliced(j, 0, leaf), head)).ok).toBe(false)
        const moved = honest.toSpliced(i, 1).toSpliced(j, 0, leaf)
        expect((await verifyLeaves(moved, head)).ok).toBe(i === j)
      }),
    )
  })

  test('finds a log cut at its end, and one rewritten with hashes that fit, by the remembered head', async () => {
    for (let kept = 0; kept < 12; kept++) {
      const cut = honest.slice(0, kept)
      expect(await verifyLeaves(cut, head)).toMatchObject({ ok: false, seq: kept + 1 })
    }
    expect((await verifyLeaves(log(20, 'other'))).ok).toBe(true)
    expect(await verifyLeaves(log(20, 'other'), head)).toMatchObject({ ok: false, seq: 12 })
  })
})

const flipped = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1)
