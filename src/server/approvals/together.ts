import type { AuditEvent } from '../audit/types.ts'
import type { HeldGrant, Store, Transaction } from '../store/types.ts'
import type { Deps } from './deps.ts'

const PAGE = 500
/** Changed in one transaction, so that nobody waits long behind a big one. */
const TOGETHER = 100

/** All grants that are neither ended nor past their end, page by page; scheduled ones too. */
export async function* unendedGrants(store: Store): AsyncGenerator<readonly HeldGrant[]> {
  let last: Pick<HeldGrant['grant'], 'endsAt' | 'id'> = { endsAt: await store.now(), id: '' }
  for (;;) {
    const page = await store.unendedGrants(PAGE, last)
    if (page.length > 0) yield page
    last = page.at(-1)?.grant ?? last
    if (page.length < PAGE) return
  }
}

/** Changes each of `items`, with its leaf, some in a transaction. Returns how many `change` told a leaf of: the others had changed before. */
export async function inShortTransactions<Item>(
  { store, audit }: Pick<Deps, 'store' | 'audit'>,
  items: readonly Item[],
  change: (tx: Transaction, item: Item) => Promise<AuditEvent | undefined>,
): Promise<number> {
  let changed = 0
  for (let from = 0; from < items.length; from += TOGETHER)
    changed += await store.transaction(async (tx) => {
      await tx.lock('sweep') // two replicas would lock the same rows in another order
      const events: AuditEvent[] = []
      for (const item of items.slice(from, from + TOGETHER)) {
        const event = await change(tx, item)
        if (event !== undefined) events.push(event)
      }
      if (events.length > 0) await audit.append(tx, await tx.now(), events)
      return events.length
    })
  return changed
}
