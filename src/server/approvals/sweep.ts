import type { Deps } from './deps.ts'

const TOGETHER = 100
/** A repeat of a request later than this is a new request. */
const KEYS_KEPT_MS = 24 * 3_600_000

export type Swept = { readonly expired: number; readonly pruned: number }

/**
 * Settles requests past their time, with a leaf each, and deletes single-use marks that have had their day.
 * Nothing waits for it: what is past its time reads as expired before. Safe on several replicas at once.
 */
export async function sweep(deps: Pick<Deps, 'store' | 'audit'>): Promise<Swept> {
  const expired = await untilFewer(() => expireSome(deps))
  const pruned = await untilFewer(() => deps.store.transaction((tx) => tx.prune(KEYS_KEPT_MS, TOGETHER)))
  return { expired, pruned }
}

async function expireSome({ store, audit }: Pick<Deps, 'store' | 'audit'>): Promise<number> {
  return store.transaction(async (tx) => {
    await tx.lock('sweep') // two replicas would lock the same rows in another order
    const rows = await tx.expireRequests(TOGETHER)
    if (rows.length === 0) return 0
    await audit.append(
      tx,
      await tx.now(),
      rows.map(({ id }) => ({ kind: 'request.expired', request: id })),
    )
    return rows.length
  })
}

/** In short transactions, so that nobody waits long behind a big one. */
async function untilFewer(some: () => Promise<number>): Promise<number> {
  let all = 0
  for (;;) {
    const done = await some()
    all += done
    if (done < TOGETHER) return all
  }
}
