import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { JitError } from '../../base/errors.ts'
import { migrate } from './migrations.ts'
import { reads, writes } from './rows.ts'
import type { Db, Tables } from './tables.ts'
import type { Store, Transaction } from './types.ts'

const CONNECTIONS = 10
const INT8 = 20
/** First half of every advisory lock's number: keeps clear of other programs in the same database. */
const LOCK_SPACE = 0x6a6974
const LOCKS = { schema: 0, audit: 1, keys: 2, sweep: 3 } as const

/**
 * Several replicas on one PostgreSQL. READ COMMITTED suffices: each rule is one row or one unique key (DESIGN §8).
 * `report` hears of connections that broke while nobody used them.
 */
export async function openPostgresStore(url: string, report: (error: Error) => void): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    // A replica that is stopped in the middle of a transaction must not hold the others up for good.
    idle_in_transaction_session_timeout: 10_000,
    lock_timeout: 10_000,
    types,
    onConnect: syncCommits,
  })
  pool.on('error', report) // unheard, it would end the process
  const db: Db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const transaction: Store['transaction'] = (work) =>
    inTransaction(db, (tx) => work(writes(tx, (name) => advisoryLock(tx, name))))

  const name = `PostgreSQL ${describe(url)}`
  try {
    await inTransaction(db, async (tx) => {
      await advisoryLock(tx, 'schema')
      await migrate(tx, 'postgres', name)
    })
  } catch (error) {
    await db.destroy()
    throw error instanceof JitError ? error : unreachable(name, error)
  }
  return { name, ...reads(db), transaction, close: () => db.destroy() }
}

const inTransaction = <T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('read committed').execute(work)

async function advisoryLock(tx: Db, name: keyof typeof LOCKS): ReturnType<Transaction['lock']> {
  await sql`select pg_advisory_xact_lock(${sql.lit(LOCK_SPACE)}, ${sql.lit(LOCKS[name])})`.execute(tx)
}

/** An answer given is durable, also where the server's default is `synchronous_commit = off`. The pool waits for it. */
async function syncCommits(client: pg.ClientBase): Promise<void> {
  await client.query(
    `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
  )
}

/** All our 64-bit integers are times and counts, far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
}

/** Host and database, never user and password. */
function describe(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

function unreachable(name: string, cause: unknown): JitError {
  const why = cause instanceof Error && cause.message !== '' ? cause.message : 'no connection'
  return new JitError('CONFIG', `${name} cannot be used: ${why}.`, 'Check store.url in the configuration.', { cause })
}
