import { canonicalJson } from '../../base/canonical-json.ts'
import type { Reads } from '../store/types.ts'
import { nextLeaf } from './chain.ts'
import type { Audit, Leaf } from './types.ts'

const PAGE = 500

export function createAudit(): Audit {
  return {
    append: async (tx, at, events) => {
      await tx.lock('audit')
      let last: Pick<Leaf, 'seq' | 'hash'> | undefined = await tx.lastLeaf()
      const leaves: Leaf[] = []
      for (const event of events) {
        const leaf = nextLeaf(last, at, event)
        leaves.push(leaf)
        last = leaf
      }
      await tx.insertLeaves(leaves.map(({ body, ...leaf }) => ({ ...leaf, bodyJson: canonicalJson(body) })))
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
