import type { LeafRow, Reads } from '../store/types.ts'
import { nextRow } from './chain.ts'
import type { Audit, Leaf } from './types.ts'

const PAGE = 500

export function createAudit(): Audit {
  return {
    append: async (tx, at, events) => {
      await tx.lock('audit')
      let last = await tx.lastLeaf()
      const rows: LeafRow[] = []
      for (const event of events) {
        const row = nextRow(last, at, event)
        rows.push(row)
        last = row
      }
      await tx.insertLeaves(rows)
      return last?.seq ?? 0
    },
  }
}

/** The log from `fromSeq` on, page by page: what `jit-endpoint audit export` writes as one JSON object per line. */
export async function* readLeaves(store: Pick<Reads, 'leaves'>, fromSeq = 1): AsyncGenerator<Leaf> {
  for (let next = fromSeq; ; ) {
    const page = await store.leaves(next, PAGE)
    for (const { bodyJson, ...leaf } of page) yield { ...leaf, body: JSON.parse(bodyJson) }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    next = last.seq + 1
  }
}
