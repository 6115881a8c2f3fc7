import { Kysely, PostgresDialect, sql } from 'kysely'
import { type CustomTypesConfig, Pool, types } from 'pg'
import { JitError } from '../../base/errors.ts'
import { lookInto, type StoreLook } from './look.ts'
import { migrate } from './migrations.ts'
import { reads, writes } from './rows.ts'
import type { Db, Tables } from './tables.ts'
import type { LockName, Store } from './types.ts'

const CONNECTIONS = 10
/** First half of every advisory lock's number: keeps clear of other programs in the same database. */
const LOCK_SPACE = 0x6a6974
const LOCKS: Readonly<Record<LockName | 'schema', number>> = { schema: 0, audit: 1, keys: 2, sweep: 3, stops: 4 }

/**
 * Several replicas on one PostgreSQL. READ COMMITTED suffices: each rule is one row or one unique key (DESIGN §8).
 * `report` hears of connections that broke while nobody used them.
 */
export async function openPostgresStore(url: string, report: (error: Error) => void): Promise<Store> {
  const db = connect(url, report)
  const transaction: Store['transaction'] = (work) =>
    inTransaction(db, (tx) =>
      work(writes(tx, { lock: (name) => advisoryLock(tx, name), share: (name) => advisoryLock(tx, name, '_shared') })),
    )

  const name = nameOf(url)
  try {
    await refuseLossyCommits(db, name)
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

/** Makes and changes nothing. What `work` rejects with is passed on. */
export async function lookIntoPostgresStore<T>(url: string, work: (look: StoreLook) => Promise<T>): Promise<T> {
  const db = connect(url, () => undefined)
  try {
    return await work(await lookIntoTables(db, nameOf(url)))
  } finally {
    await db.destroy()
  }
}

async function lookIntoTables(db: Db, name: string): Promise<StoreLook> {
  try {
    await refuseLossyCommits(db, name)
    const tables = sql<{ count: number }>`select count(to_regclass('schema_version')) as count`
    return await lookInto(db, name, tables)
  } catch (error) {
    throw error instanceof JitError ? error : unreachable(name, error)
  }
}

function connect(url: string, report: (error: Error) => void): Db {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    // A replica that is stopped in the middle of a transaction must not hold the others up for good.
    idle_in_transaction_session_timeout: 10_000,
    lock_timeout: 10_000,
    types: plainNumbers,
  })
  pool.on('error', report) // unheard, it would end the process
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

const inTransaction = <T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('read committed').execute(work)

async function advisoryLock(tx: Db, name: LockName | 'schema', mode: '' | '_shared' = ''): Promise<void> {
  await sql`select ${sql.raw(`pg_advisory_xact_lock${mode}`)}(${sql.lit(LOCK_SPACE)}, ${sql.lit(LOCKS[name])})`.execute(
    tx,
  )
}

/** With `synchronous_commit = off` an answer could be given and its commit be lost afterwards. */
async function refuseLossyCommits(db: Db, name: string): Promise<void> {
  const { rows } = await sql<{ value: string }>`select current_setting('synchronous_commit') as value`.execute(db)
  if (rows[0]?.value !== 'off') return
  throw new JitError(
    'CONFIG',
    `${name} has synchronous_commit = off, so decisions could be lost in a crash.`,
    'Set it for the role of the endpoint: alter role … set synchronous_commit = on',
  )
}

/** All our 64-bit integers are times and counts, far below 2^53. */
const plainNumbers: CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
}

const nameOf = (url: string): string => `PostgreSQL ${describe(url)}`

/** Host and database, never user and password. */
function describe(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

function unreachable(name: string, cause: unknown): JitError {
  const why = cause instanceof Error && cause.message !== '' ? cause.message : 'no connection'
  return new JitError('CONFIG', `${name} cannot be used: ${why}.`, 'Check store.url in the configuration.', { cause })
}
