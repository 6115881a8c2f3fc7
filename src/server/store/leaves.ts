import { sql } from 'kysely'
import type { Reads, Transaction } from './types.ts'
import type { Db } from './tables.ts'

export function leafReads(db: Db): Pick<Reads, 'leaves' | 'lastLeaf'> {
  return {
    leaves: (fromSeq, limit) =>
      db
        .selectFrom('leaves')
        .select(['seq', 'prev_hash as prevHash', 'hash', 'at', 'body as bodyJson'])
        .where('seq', '>=', fromSeq)
        .orderBy('seq')
        .limit(limit)
        .execute(),

    // Written into the SQL, not bound: SQLite plans a statement anew whenever a limit was bound.
    lastLeaf: () =>
      db.selectFrom('leaves').select(['seq', 'hash']).orderBy('seq', 'desc').limit(sql.lit(1)).executeTakeFirst(),
  }
}

export function leafWrites(db: Db): Pick<Transaction, 'insertLeaves'> {
  return {
    insertLeaves: async (rows) => {
      await db
        .insertInto('leaves')
        .values(
          rows.map(({ seq, prevHash, hash, at, bodyJson }) => ({ seq, prev_hash: prevHash, hash, at, body: bodyJson })),
        )
        .execute()
    },
  }
}
