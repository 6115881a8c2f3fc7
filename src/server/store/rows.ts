import { sql } from 'kysely'
import { grantReads, grantWrites } from './grants.ts'
import { leafReads, leafWrites } from './leaves.ts'
import { requestReads, requestWrites } from './requests.ts'
import { signingKeyReads, signingKeyWrites } from './signing-keys.ts'
import { singleUse, singleUseReads } from './single-use.ts'
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
    ...leafReads(db),
    ...signingKeyReads(db),
    ...singleUseReads(db),
  }
}

/** `lock` is the one thing that the databases do differently inside a transaction. */
export function writes(db: Db, lock: Transaction['lock']): Transaction {
  return {
    lock,
    ...reads(db),
    ...requestWrites(db),
    ...grantWrites(db),
    ...leafWrites(db),
    ...signingKeyWrites(db),
    ...singleUse(db),
  }
}
