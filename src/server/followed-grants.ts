import { defined } from '../base/defined.ts'
import { JitError } from '../base/errors.ts'
import { fromRow } from './approvals/record.ts'
import { RECEIPT_GRACE_MS } from './approvals/sweep.ts'
import type { GrantsPage, GrantsQuery, ShownGrant } from './commands/types.ts'
import type { FollowedGrant, ReceiptRow, Store } from './store/types.ts'

/** One page of grants as `jit-endpoint grants` shows them. */
export async function followedGrants(store: Store, query: GrantsQuery): Promise<GrantsPage> {
  if (query.after !== undefined && (await store.grant(query.after)) === undefined)
    throw new JitError('NOT_FOUND', `There is no grant ${query.after}.`, 'Take the id that the page before named.')
  const rows = await store.followed({ ...query, graceMs: RECEIPT_GRACE_MS })
  const receipts = Map.groupBy(await store.receipts(rows.map(({ grant }) => grant.id)), ({ grantId }) => grantId)
  const [now, last] = [await store.now(), rows.length === query.limit ? rows.at(-1) : undefined]
  const grants = rows.map((row) => shown(row, receipts.get(row.grant.id) ?? [], now))
  return defined({ grants, next: last?.grant.id })
}

function shown({ grant, request, wipe }: FollowedGrant, receipts: readonly ReceiptRow[], now: number): ShownGrant {
  const { id, target, startsAt, endsAt, endedAt, endReason } = grant
  const { person, workload } = fromRow(request).asked.caller
  return defined({
    id,
    target,
    holder: person,
    pipelines: workload?.pipelines,
    startsAt: instant(startsAt),
    over: instant(endedAt ?? endsAt),
    endReason: endReason ?? (endsAt <= now ? ('ttl' as const) : undefined),
    wipe,
    machines: receipts.map(({ machine, outcome, why, reportedAt }) =>
      defined({ machine, outcome, at: instant(reportedAt), why: why ?? undefined }),
    ),
  })
}

const instant = (ms: number): string => new Date(ms).toISOString()
