import type { RawBuilder } from 'kysely'
import { refuseNewer, SCHEMA_VERSION } from './migrations.ts'
import { signingKeyReads } from './signing-keys.ts'
import { stopReads } from './stops.ts'
import type { Db } from './tables.ts'
import type { Reads, Store, StoreState } from './types.ts'

/** What is in a database, for whoever must not change it. */
export type StoreLook = Pick<Store, 'name'> &
  Pick<Reads, 'signingKeys' | 'stopsInForce'> & { readonly state: StoreState }

/** The version that has a table of stops. */
const STOPS_SINCE = 2

const none = (): Promise<readonly never[]> => Promise.resolve([])

/** There is no database, or nothing in it. */
export const nothingYet = (name: string): StoreLook => ({
  name,
  state: 'none',
  signingKeys: none,
  stopsInForce: none,
})

/** `tables` counts the tables called `schema_version`. Throws `CONFIG` for a database of a newer version. */
export async function lookInto(db: Db, name: string, tables: RawBuilder<{ count: number }>): Promise<StoreLook> {
  const { rows } = await tables.execute(db)
  const made = (rows[0]?.count ?? 0) > 0
  const found = made ? await db.selectFrom('schema_version').select('version').executeTakeFirst() : undefined
  if (found === undefined) return nothingYet(name)
  refuseNewer(found.version, name)
  const stopsInForce = found.version < STOPS_SINCE ? none : stopReads(db).stopsInForce
  return { name, state: found.version < SCHEMA_VERSION ? 'older' : 'ready', ...signingKeyReads(db), stopsInForce }
}
