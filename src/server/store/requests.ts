import type { Reads, Transaction } from './types.ts'
import { type Db, NOW, PENDING } from './tables.ts'

export const REQUEST = [
  'id',
  'state',
  'requester_issuer as requesterIssuer',
  'requester_subject as requesterSubject',
  'asked as askedJson',
  'needs as needsJson',
  'decision as decisionJson',
  'created_at as createdAt',
  'expires_at as expiresAt',
] as const

type RequestReads = Pick<
  Reads,
  'request' | 'requestsBy' | 'undecided' | 'countUndecided' | 'settledAmong' | 'approvals'
>
type RequestWrites = Pick<
  Transaction,
  'insertRequest' | 'holdUndecided' | 'settleRequest' | 'expireRequests' | 'putApproval'
>

export function requestReads(db: Db): RequestReads {
  const undecided = db.selectFrom('requests').where('state', '=', PENDING).where('expires_at', '>', NOW)
  return {
    request: (id) => db.selectFrom('requests').select(REQUEST).where('id', '=', id).executeTakeFirst(),

    requestsBy: (person, limit) =>
      db
        .selectFrom('requests')
        .select(REQUEST)
        .where('requester_issuer', '=', person.issuer)
        .where('requester_subject', '=', person.subject)
        .orderBy('created_at', 'desc')
        .limit(limit)
        .execute(),

    undecided: (limit, after) => {
      const page = undecided.select(REQUEST).orderBy('expires_at').orderBy('id').limit(limit)
      if (after === undefined) return page.execute()
      return page
        .where((row) =>
          row.or([
            row('expires_at', '>', after.expiresAt),
            row('expires_at', '=', after.expiresAt).and('id', '>', after.id),
          ]),
        )
        .execute()
    },

    countUndecided: async (person, most) => {
      const found = await undecided
        .select('id')
        .where('requester_issuer', '=', person.issuer)
        .where('requester_subject', '=', person.subject)
        .limit(most)
        .execute()
      return found.length
    },

    settledAmong: async (ids) => {
      if (ids.length === 0) return []
      const open = await undecided
        .select('id')
        .where('id', 'in', [...ids])
        .execute()
      const pending = new Set(open.map(({ id }) => id))
      return ids.filter((id) => !pending.has(id))
    },

    approvals: async (requestIds) => {
      if (requestIds.length === 0) return []
      return db
        .selectFrom('approvals')
        .select(['request_id as requestId', 'issuer', 'subject', 'approval as approvalJson', 'at'])
        .where('request_id', 'in', [...requestIds])
        .orderBy('at')
        .orderBy('subject')
        .execute()
    },
  }
}

export function requestWrites(db: Db): RequestWrites {
  const change = db.updateTable('requests').where('state', '=', PENDING)
  return {
    insertRequest: async (row) => {
      await db
        .insertInto('requests')
        .values({
          id: row.id,
          state: row.state,
          requester_issuer: row.requesterIssuer,
          requester_subject: row.requesterSubject,
          asked: row.askedJson,
          needs: row.needsJson,
          decision: row.decisionJson,
          created_at: row.createdAt,
          expires_at: row.expiresAt,
          holds: 0,
        })
        .execute()
    },

    holdUndecided: (id) =>
      change
        .set((row) => ({ holds: row('holds', '+', 1) }))
        .where('id', '=', id)
        .where('expires_at', '>', NOW)
        .returning(REQUEST)
        .executeTakeFirst(),

    settleRequest: async (id, { state, needsJson, decisionJson }) => {
      const settled = await change
        .set({ state, needs: needsJson, decision: decisionJson })
        .where('id', '=', id)
        .where('expires_at', '>', NOW)
        .returning('id')
        .executeTakeFirst()
      return settled !== undefined
    },

    expireRequests: (limit) =>
      change
        .set({ state: 'expired' })
        .where('expires_at', '<=', NOW)
        .where('id', 'in', (q) =>
          q
            .selectFrom('requests')
            .select('id')
            .where('state', '=', PENDING)
            .where('expires_at', '<=', NOW)
            .orderBy('expires_at')
            .limit(limit),
        )
        .returning(REQUEST)
        .execute(),

    putApproval: async ({ requestId, issuer, subject, approvalJson, at }) => {
      await db
        .insertInto('approvals')
        .values({ request_id: requestId, issuer, subject, approval: approvalJson, at })
        .onConflict((clash) =>
          clash.columns(['request_id', 'issuer', 'subject']).doUpdateSet({ approval: approvalJson, at }),
        )
        .execute()
    },
  }
}
