import { type Db, NOW } from './tables.ts'
import type { Reads, Transaction } from './types.ts'

const STOP = [
  'id',
  'scope',
  'value',
  'reason',
  'by as byJson',
  'at',
  'lifted_at as liftedAt',
  'carried_out_at as carriedOutAt',
] as const

export function stopReads(db: Db): Pick<Reads, 'stop' | 'stopsInForce'> {
  return {
    stop: (id) => db.selectFrom('stops').select(STOP).where('id', '=', id).executeTakeFirst(),

    stopsInForce: () => db.selectFrom('stops').select(STOP).where('lifted_at', 'is', null).orderBy('at').execute(),
  }
}

export function stopWrites(db: Db): Pick<Transaction, 'insertStop' | 'liftStop' | 'stopCarriedOut'> {
  return {
    insertStop: async ({ id, scope, value, reason, byJson, at, liftedAt, carriedOutAt }) => {
      await db
        .insertInto('stops')
        .values({ id, scope, value, reason, by: byJson, at, lifted_at: liftedAt, carried_out_at: carriedOutAt })
        .execute()
    },

    liftStop: (id) =>
      db
        .updateTable('stops')
        .set({ lifted_at: NOW })
        .where('id', '=', id)
        .where('lifted_at', 'is', null)
        .returning(STOP)
        .executeTakeFirst(),

    stopCarriedOut: async (id) => {
      await db
        .updateTable('stops')
        .set({ carried_out_at: NOW })
        .where('id', '=', id)
        .where('carried_out_at', 'is', null)
        .execute()
    },
  }
}
