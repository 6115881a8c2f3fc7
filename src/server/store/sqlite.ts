import { Kysely, sql, SqliteDialect } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import { lookIntoSqlite, openSqlite, prepareSqliteFile } from '../../platform/sqlite.ts'
import { groupCommit } from './group-commit.ts'
import { lookInto, nothingYet, type StoreLook } from './look.ts'
import { migrate } from './migrations.ts'
import { reads, writes } from './rows.ts'
import type { Tables } from './tables.ts'
import type { Store } from './types.ts'

/**
 * One process, one file. Writes share one connection; reads have another, so that they never see what is not committed.
 * `BEGIN IMMEDIATE` keeps other processes on the same file out for the length of a transaction.
 */
export async function openSqliteStore(path: string, clock: Clock): Promise<Store> {
  const name = nameOf(path)
  prepareSqliteFile(path)
  const writer = openSqlite(path, clock, 'write')
  const writing = new Kysely<Tables>({ dialect: new SqliteDialect({ database: writer }) })
  const transact = groupCommit(writer)
  try {
    await transact(() => migrate(writing, 'sqlite', name))
  } catch (error) {
    writer.close()
    throw error
  }

  const reader = openSqlite(path, clock, 'read')
  const reading = new Kysely<Tables>({ dialect: new SqliteDialect({ database: reader }) })
  // What `jit_now()` would answer, without a statement.
  const now = (): Promise<number> => Promise.resolve(clock.now())
  // There is one writer at a time anyway.
  const noWait = (): Promise<void> => Promise.resolve()
  const transaction = { ...writes(writing, { lock: noWait, share: noWait }), now }
  return {
    name,
    ...reads(reading),
    now,
    transaction: (work) => transact(() => work(transaction)),
    close: async () => {
      await transact(() => Promise.resolve())
      reader.close()
      writer.close()
    },
  }
}

const nameOf = (path: string): string => `SQLite ${path}`

/** Makes and changes nothing. */
export async function lookIntoSqliteStore<T>(
  path: string,
  clock: Clock,
  work: (look: StoreLook) => Promise<T>,
): Promise<T> {
  const connection = lookIntoSqlite(path, clock)
  if (connection === undefined) return work(nothingYet(nameOf(path)))
  try {
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) })
    const tables = sql<{ count: number }>`select count(*) as count from sqlite_schema where name = 'schema_version'`
    return await work(await lookInto(db, nameOf(path), tables))
  } finally {
    connection.close()
  }
}
