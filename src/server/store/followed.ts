import { sql } from 'kysely'
import { GRANT, withRequests } from './grants.ts'
import { type Db, NOW } from './tables.ts'
import type { FollowedQuery, ReceiptRow, Reads, Transaction, WipeState } from './types.ts'

/** When a grant is over: at its end, or when it was ended before. */
const OVER_AT = sql<number>`coalesce(grants.ended_at, grants.ends_at)`

export function followedReads(db: Db): Pick<Reads, 'followed' | 'receipts'> {
  return {
    followed: async (query) => {
      const found = await db
        .with('followed', (q) => q.selectFrom('grants').select([...GRANT, wipeState(query).as('wipe')]))
        .selectFrom('followed')
        .selectAll()
        .$if(query.states.length > 0, (rows) => rows.where('wipe', 'in', [...query.states]))
        .$if(query.after !== undefined, (rows) =>
          rows.where((row) =>
            row(
              row.refTuple('endsAt', 'id'),
              '<',
              row
                .selectFrom('grants')
                .select(['ends_at', 'id'])
                .where('id', '=', query.after ?? '')
                .$asTuple('ends_at', 'id'),
            ),
          ),
        )
        .orderBy('endsAt', 'desc')
        .orderBy('id', 'desc')
        .limit(query.limit)
        .execute()
      const held = await withRequests(db, found)
      return held.map(({ grant: { wipe, ...grant }, request }) => ({ grant, request, wipe }))
    },

    receipts: (grantIds) => receiptsOf(db, grantIds),
  }
}

async function receiptsOf(db: Db, grantIds: readonly string[]): Promise<readonly ReceiptRow[]> {
  if (grantIds.length === 0) return []
  return db
    .selectFrom('receipts')
    .select([
      'grant_id as grantId',
      'machine',
      'outcome',
      'why',
      'reported_at as reportedAt',
      'recorded_at as recordedAt',
    ])
    .where('grant_id', 'in', [...grantIds])
    .orderBy('recorded_at')
    .orderBy('machine')
    .execute()
}

function wipeState({ graceMs }: FollowedQuery) {
  return sql<WipeState>`case
    when grants.issued_at is null and not exists (select 1 from receipts where grant_id = grants.id) then
      case when ${OVER_AT} > ${NOW} then 'live' else 'unissued' end
    when exists (select 1 from receipts where grant_id = grants.id and outcome = 'stuck') then 'stuck'
    when ${OVER_AT} > ${NOW} then 'live'
    when grants.wiped_at is not null then 'wiped'
    when ${OVER_AT} + ${graceMs} > ${NOW} then 'waiting'
    else 'unconfirmed' end`
}

export function followedWrites(db: Db): Pick<Transaction, 'heldReceipts' | 'putReceipt' | 'markUnconfirmed'> {
  return {
    heldReceipts: async (grantId) => {
      await db
        .updateTable('grants')
        .set((row) => ({ holds: row('holds', '+', 1) }))
        .where('id', '=', grantId)
        .execute()
      return receiptsOf(db, [grantId])
    },

    putReceipt: async ({ grantId, machine, outcome, why, reportedAt }) => {
      const told = { outcome, why, reported_at: reportedAt, recorded_at: NOW }
      const lastIssue = sql<number>`(select coalesce(issued_at, 0) from grants where id = ${grantId})`
      const changed = await db
        .insertInto('receipts')
        .values({ grant_id: grantId, machine, ...told })
        .onConflict((clash) =>
          clash
            .columns(['grant_id', 'machine'])
            .doUpdateSet(told)
            .where((row) =>
              outcome === 'wiped'
                ? row.or([row('receipts.outcome', '=', 'stuck'), row('receipts.recorded_at', '<', lastIssue)])
                : row.and([row('receipts.outcome', '=', 'wiped'), row('receipts.recorded_at', '<', lastIssue)]),
            ),
        )
        .returning('machine')
        .executeTakeFirst()
      if (changed === undefined) return false
      await db
        .updateTable('grants')
        .set({
          wiped_at: sql`case when exists (select 1 from receipts where grant_id = grants.id and outcome = 'stuck')
            then null else ${NOW} end`,
        })
        .where('id', '=', grantId)
        .execute()
      return true
    },

    markUnconfirmed: (graceMs, limit) =>
      db
        .updateTable('grants')
        .set({ unconfirmed_at: NOW })
        .where('unconfirmed_at', 'is', null)
        .where('id', 'in', (q) =>
          q
            .selectFrom('grants')
            .select('id')
            .where('issued_at', 'is not', null)
            .where('wiped_at', 'is', null)
            .where('unconfirmed_at', 'is', null)
            .where(sql<boolean>`${OVER_AT} + ${graceMs} <= ${NOW}`)
            .orderBy('ends_at')
            .limit(limit),
        )
        .returning(GRANT)
        .execute(),
  }
}
