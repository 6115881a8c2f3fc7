import { beforeAll, beforeEach } from 'vitest'
import type { Store } from '../../src/server/store/types.ts'
import { demandWholeLog } from './approvals.ts'
import { hasPostgres } from './postgres.ts'
import { type Database, type Place, postgresPlace, sqlitePlace } from './stores.ts'

/** Each kind of store: its name, how a place for it is started, and whether that can be done here. */
export const STORES = [
  ['SQLite', sqlitePlace, true],
  ['PostgreSQL', postgresPlace, hasPostgres],
] as const

/** Two stores on one database, and the place that it was made in. */
type Replicas = { readonly place: Place; readonly database: Database; readonly store: Store; readonly replica: Store }

/** Gives each test of this suite a database of its own, with two replicas; afterwards its log must be whole. */
export function withReplicas(start: () => Promise<Place>, given: (replicas: Replicas) => void): void {
  let place: Place
  beforeAll(async () => {
    place = await start()
    return () => place.stop()
  })
  beforeEach(async () => {
    const database = await place.database()
    const [store, replica] = await Promise.all([database.open(), database.open()])
    given({ place, database, store, replica })
    return async () => {
      await demandWholeLog(store)
      await Promise.all([store.close(), replica.close()])
      await database.remove()
    }
  })
}
