import type { Reads, Transaction } from './types.ts'
import { type Db, NOW } from './tables.ts'

const GRANT = [
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

export function grantReads(db: Db): Pick<Reads, 'grant' | 'grantsOf'> {
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
        .set((row) => ({ holds: row('holds', '+', 1) }))
        .where('id', '=', id)
        .where('starts_at', '<=', NOW)
        .returning(GRANT)
        .executeTakeFirst(),

    endGrant: (id, reason) =>
      change.set({ ended_at: NOW, end_reason: reason }).where('id', '=', id).returning(GRANT).executeTakeFirst(),
  }
}
