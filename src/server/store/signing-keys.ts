import type { Reads, Transaction } from './types.ts'
import type { Db } from './tables.ts'

export function signingKeyReads(db: Db): Pick<Reads, 'signingKeys'> {
  return {
    signingKeys: (use) =>
      db
        .selectFrom('signing_keys')
        .select([
          'kid',
          'use',
          'private_jwk as privateJwkJson',
          'created_at as createdAt',
          'activate_at as activateAt',
          'retire_at as retireAt',
        ])
        .where('use', '=', use)
        .orderBy('activate_at')
        .orderBy('kid')
        .execute(),
  }
}

export function signingKeyWrites(db: Db): Pick<Transaction, 'insertSigningKey' | 'retireSigningKey'> {
  return {
    insertSigningKey: async ({ kid, use, privateJwkJson, createdAt, activateAt, retireAt }) => {
      await db
        .insertInto('signing_keys')
        .values({
          kid,
          use,
          private_jwk: privateJwkJson,
          created_at: createdAt,
          activate_at: activateAt,
          retire_at: retireAt,
        })
        .execute()
    },

    retireSigningKey: async (kid, retireAt) => {
      const retired = await db
        .updateTable('signing_keys')
        .set({ retire_at: retireAt })
        .where('kid', '=', kid)
        .where((row) => row.or([row('retire_at', 'is', null), row('retire_at', '>', retireAt)]))
        .returning('kid')
        .executeTakeFirst()
      return retired !== undefined
    },
  }
}
