import { REQUEST } from './requests.ts'
import { type Db, NOW } from './tables.ts'
import type { GrantRow, Reads, Transaction } from './types.ts'

export const GRANT = [
  'id',
  'request_id as requestId',
  'target',
  'holder_issuer as holderIssuer',
  'holder_subject as holderSubject',
  'jkt',
  'deliver',
  'starts_at as startsAt',
  'ends_at as endsAt',
  'ended_at as endedAt',
  'end_reason as endReason',
] as const

type GrantReads = Pick<Reads, 'grant' | 'grantsOf' | 'grantsNamed' | 'unendedGrants' | 'endedSince'>

export function grantReads(db: Db): GrantReads {
  return {
    grant: (id) => db.selectFrom('grants').select(GRANT).where('id', '=', id).executeTakeFirst(),

    grantsOf: async (requestIds) => {
      if (requestIds.length === 0) return []
      return db
        .selectFrom('grants')
        .select(GRANT)
        .where('request_id', 'in', [...requestIds])
        .orderBy('target')
        .execute()
    },

    grantsNamed: async (ids) => {
      if (ids.length === 0) return []
      return db
        .selectFrom('grants')
        .select(GRANT)
        .where('id', 'in', [...ids])
        .execute()
    },

    // Bound times, not NOW: PostgreSQL looks for what a volatile function says without an index.
    unendedGrants: async (limit, after) =>
      withRequests(
        db,
        await db
          .selectFrom('grants')
          .select(GRANT)
          .where('ended_at', 'is', null)
          .where((row) => row(row.refTuple('ends_at', 'id'), '>', row.tuple(after.endsAt, after.id)))
          .orderBy('ends_at')
          .orderBy('id')
          .limit(limit)
          .execute(),
      ),

    endedSince: async (sinceMs) => {
      const ended = await db.selectFrom('grants').select('id').where('ended_at', '>=', sinceMs).execute()
      return ended.map(({ id }) => id)
    },
  }
}

export function grantWrites(db: Db): Pick<Transaction, 'insertGrants' | 'holdActive' | 'endGrant'> {
  const change = db.updateTable('grants').where('ended_at', 'is', null).where('ends_at', '>', NOW)
  return {
    insertGrants: async (rows) => {
      await db
        .insertInto('grants')
        .values(
          rows.map((row) => ({
            id: row.id,
            request_id: row.requestId,
            target: row.target,
            holder_issuer: row.holderIssuer,
            holder_subject: row.holderSubject,
            jkt: row.jkt,
            deliver: row.deliver,
            starts_at: row.startsAt,
            ends_at: row.endsAt,
            ended_at: row.endedAt,
            end_reason: row.endReason,
            holds: 0,
          })),
        )
        .execute()
    },

    holdActive: (id) =>
      change
        .set((row) => ({ holds: row('holds', '+', 1), issued_at: NOW, wiped_at: null }))
        .where('id', '=', id)
        .where('starts_at', '<=', NOW)
        .returning(GRANT)
        .executeTakeFirst(),

    endGrant: (id, reason) =>
      change.set({ ended_at: NOW, end_reason: reason }).where('id', '=', id).returning(GRANT).executeTakeFirst(),
  }
}

/** Puts each grant together with its request. */
export async function withRequests<Grant extends GrantRow>(db: Db, grants: readonly Grant[]) {
  const ids = new Set(grants.map(({ requestId }) => requestId))
  if (ids.size === 0) return []
  const requests = await db
    .selectFrom('requests')
    .select(REQUEST)
    .where('id', 'in', [...ids])
    .execute()
  const byId = new Map(requests.map((request) => [request.id, request]))
  return grants.flatMap((grant) => {
    const request = byId.get(grant.requestId)
    return request === undefined ? [] : [{ grant, request }]
  })
}
