import { sql } from 'kysely'
import { grantReads, grantWrites } from './grants.ts'
import { followedReads, followedWrites } from './followed.ts'
import { leafReads, leafWrites } from './leaves.ts'
import { requestReads, requestWrites } from './requests.ts'
import { signingKeyReads, signingKeyWrites } from './signing-keys.ts'
import { singleUse, singleUseReads } from './single-use.ts'
import { stopReads, stopWrites } from './stops.ts'
import { type Db, NOW } from './tables.ts'
import type { Reads, Transaction } from './types.ts'

export function reads(db: Db): Reads {
  return {
    now: async () => {
      const { rows } = await sql<{ now: number }>`select ${NOW} as now`.execute(db)
      const now = rows[0]?.now
      if (now === undefined) throw new Error('The database did not tell the time.')
      return now
    },
    ...requestReads(db),
    ...grantReads(db),
    ...followedReads(db),
    ...stopReads(db),
    ...leafReads(db),
    ...signingKeyReads(db),
    ...singleUseReads(db),
  }
}

/** Locks are the one thing that the databases do differently inside a transaction. */
export function writes(db: Db, locks: Pick<Transaction, 'lock' | 'share'>): Transaction {
  return {
    ...locks,
    ...reads(db),
    ...requestWrites(db),
    ...grantWrites(db),
    ...followedWrites(db),
    ...stopWrites(db),
    ...leafWrites(db),
    ...signingKeyWrites(db),
    ...singleUse(db),
  }
}
