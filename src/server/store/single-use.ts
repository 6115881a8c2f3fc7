import type { Reads, Transaction } from './types.ts'
import { type Db, NOW } from './tables.ts'

type SingleUse = Pick<Transaction, 'rememberIdempotencyKey' | 'idempotencyKey' | 'claim' | 'prune'>

export function singleUseReads(db: Db): Pick<Reads, 'claimed'> {
  return {
    claimed: async (kind, hash) => {
      const found = await db
        .selectFrom('claims')
        .select('hash')
        .where('kind', '=', kind)
        .where('hash', '=', hash)
        .where('expires_at', '>', NOW)
        .executeTakeFirst()
      return found !== undefined
    },
  }
}

export function singleUse(db: Db): SingleUse {
  return {
    rememberIdempotencyKey: async ({ issuer, subject, key, bodyHash, requestId, createdAt }) => {
      const remembered = await db
        .insertInto('idempotency_keys')
        .values({ issuer, subject, key, body_hash: bodyHash, request_id: requestId, created_at: createdAt })
        .onConflict((clash) => clash.columns(['issuer', 'subject', 'key']).doNothing())
        .returning('key')
        .executeTakeFirst()
      return remembered !== undefined
    },

    idempotencyKey: ({ issuer, subject }, key) =>
      db
        .selectFrom('idempotency_keys')
        .select([
          'issuer',
          'subject',
          'key',
          'body_hash as bodyHash',
          'request_id as requestId',
          'created_at as createdAt',
        ])
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .where('key', '=', key)
        .executeTakeFirst(),

    claim: async (kind, hash, expiresAt) => {
      const claimed = await db
        .insertInto('claims')
        .values({ kind, hash, expires_at: expiresAt })
        .onConflict(
          (clash) =>
            clash
              .columns(['kind', 'hash'])
              .doUpdateSet({ expires_at: expiresAt })
              .where('claims.expires_at', '<=', NOW), // its time is up, it only has not been pruned yet
        )
        .returning('hash')
        .executeTakeFirst()
      return claimed !== undefined
    },

    prune: async (olderThanMs, limit) => {
      const claims = await db
        .deleteFrom('claims')
        .where((row) =>
          row(
            row.refTuple('kind', 'hash'),
            'in',
            row
              .selectFrom('claims')
              .select(['kind', 'hash'])
              .where('expires_at', '<=', NOW)
              .orderBy('expires_at')
              .limit(limit)
              .$asTuple('kind', 'hash'),
          ),
        )
        .returning('hash')
        .execute()
      const keys = await db
        .deleteFrom('idempotency_keys')
        .where((row) =>
          row(
            row.refTuple('issuer', 'subject', 'key'),
            'in',
            row
              .selectFrom('idempotency_keys')
              .select(['issuer', 'subject', 'key'])
              .where('created_at', '<=', row(NOW, '-', olderThanMs))
              .orderBy('created_at')
              .limit(limit)
              .$asTuple('issuer', 'subject', 'key'),
          ),
        )
        .returning('key')
        .execute()
      return claims.length + keys.length
    },
  }
}
