import type { GrantRow } from '../store/types.ts'
import { carryOutStops } from './carry-out-stop.ts'
import type { Deps } from './deps.ts'

const TOGETHER = 100
/** A repeat of a request later than this is a new request. */
const KEYS_KEPT_MS = 24 * 3_600_000
/** How long after the end of a grant its machine may take to tell that the credentials are gone. */
export const RECEIPT_GRACE_MS = 10 * 60_000

/** `unconfirmed`: grants whose credentials nobody has told to be wiped; each is in one sweep only. */
export type Swept = { readonly expired: number; readonly pruned: number; readonly unconfirmed: readonly GrantRow[] }

type Sweeping = Pick<Deps, 'store' | 'audit' | 'ends' | 'watch'>

/**
 * Carries on stops that were not carried out, settles requests past their time and notes wipes that nobody confirmed, with
 * a leaf each, and deletes single-use marks that have had their day. Nothing else waits for it: what is past its time reads
 * as expired before. Safe on several replicas at once.
 */
export async function sweep(deps: Sweeping): Promise<Swept> {
  await carryOutStops(deps)
  const expired = await untilFewer(() => expireSome(deps))
  const unconfirmed: GrantRow[] = []
  await untilFewer(async () => {
    const rows = await noteUnconfirmed(deps)
    unconfirmed.push(...rows)
    return rows.length
  })
  const pruned = await untilFewer(() => deps.store.transaction((tx) => tx.prune(KEYS_KEPT_MS, TOGETHER)))
  return { expired, pruned, unconfirmed }
}

async function expireSome({ store, audit }: Sweeping): Promise<number> {
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

async function noteUnconfirmed({ store, audit }: Sweeping): Promise<readonly GrantRow[]> {
  return store.transaction(async (tx) => {
    await tx.lock('sweep')
    const rows = await tx.markUnconfirmed(RECEIPT_GRACE_MS, TOGETHER)
    if (rows.length === 0) return rows
    await audit.append(
      tx,
      await tx.now(),
      rows.map(({ id, target, holderIssuer, holderSubject, endedAt, endsAt }) => ({
        kind: 'lease.unconfirmed',
        grant: id,
        target,
        holder: { issuer: holderIssuer, subject: holderSubject },
        overAt: endedAt ?? endsAt,
      })),
    )
    return rows
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
