import { chmodSync, closeSync, constants, lstatSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { JitError, reasonOf } from '../base/errors.ts'
import type { Clock } from './clock.ts'
import { makeDirectories } from './durable.ts'
import { nodeFileSystem } from './files.ts'

/** One connection, in the shape that kysely's SQLite dialect takes. Calls block until they are done. */
export interface SqliteConnection {
  prepare(sql: string): SqliteStatement
  /** Runs a statement that answers nothing, such as `commit`. */
  run(sql: string): void
  /** False as well after SQLite itself rolled back, e.g. on a full disk. */
  inTransaction(): boolean
  close(): void
}
export interface SqliteStatement {
  readonly reader: boolean
  all(parameters: readonly unknown[]): unknown[]
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>
}

const BUSY_MS = 5_000
const STATEMENTS_KEPT = 256

/**
 * Makes sure that the database file exists with mode 0600 in a directory that, where it is made here, has 0700.
 * SQLite gives its `-wal` and `-shm` files the same mode. Call it before the first connection.
 */
export function prepareSqliteFile(path: string): void {
  try {
    makeDirectories(nodeFileSystem, dirname(path))
    if (!exists(path))
      closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW, 0o600))
    const found = lstatSync(path)
    if (!found.isFile()) throw new Error('it is not a regular file')
    // By name, not through a descriptor: closing one would drop the POSIX locks of connections this process already has.
    if ((found.mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch (error) {
    throw unusable(path, error)
  }
}

/** Opens the file in WAL mode with a full sync per commit. SQL may call `jit_now()`: ms since 1970 by `clock`. */
export function openSqlite(path: string, clock: Clock, access: 'read' | 'write'): SqliteConnection {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS })
    const mode = database.prepare('pragma journal_mode = wal').get()?.['journal_mode']
    // Without shared memory, e.g. on a network file system, SQLite stays in another mode and says so only here.
    if (mode !== 'wal') throw new Error(`its file system does not allow a write-ahead log (mode ${String(mode)})`)
  } catch (error) {
    database?.close()
    throw unusable(path, error)
  }
  database.exec('pragma synchronous = full; pragma foreign_keys = on; pragma trusted_schema = off')
  if (access === 'read') database.exec('pragma query_only = on')
  return connection(database, clock)
}

/**
 * Opens the file so that whoever looks changes nothing in database and log, and makes neither: a file of root's beside the
 * database would lock out the user whom the service runs as. One is made in one case, where a process died and left a log
 * without its index: SQLite makes the index (`-shm`) anew, for the owner of the database and with its mode, also where root
 * looks (`unixOpenSharedMemory` in os_unix.c), and leaves it to the next process. `undefined`: there is no such file.
 */
export function lookIntoSqlite(path: string, clock: Clock): SqliteConnection | undefined {
  let database: DatabaseSync | undefined
  try {
    if (!exists(path)) return undefined
    // What stands in the file then was never committed, and only a writer may take it back.
    if (exists(`${path}-journal`)) throw new Error(`a write was interrupted, or goes on: there is ${path}-journal`)
    if (!lstatSync(path).isFile()) throw new Error('it is not a regular file')
    const url = pathToFileURL(path)
    // SQLite makes the log where there is none, even to read. Where there is one, somebody uses the database or died in it.
    if (!exists(`${path}-wal`)) url.searchParams.set('immutable', '1')
    database = new DatabaseSync(url, { timeout: BUSY_MS, readOnly: true })
    database.prepare('select count(*) from sqlite_schema').get()
    return connection(database, clock)
  } catch (error) {
    database?.close()
    throw unusable(path, error, exists(`${path}-journal`) ? FINISH_IT : undefined)
  }
}

function connection(database: DatabaseSync, clock: Clock): SqliteConnection {
  database.function('jit_now', { directOnly: true }, () => clock.now())
  const statements = new Map<string, SqliteStatement>()

  const prepare = (sql: string): SqliteStatement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    // Lists of values of many lengths would fill the cache for good; starting over is cheap.
    if (statements.size >= STATEMENTS_KEPT) statements.clear()
    const fresh = statement(database.prepare(sql))
    statements.set(sql, fresh)
    return fresh
  }
  return {
    prepare,
    run: (sql) => void prepare(sql).run([]),
    inTransaction: () => database.isTransaction,
    close: () => database.close(),
  }
}

function statement(prepared: StatementSync): SqliteStatement {
  return {
    reader: prepared.columns().length > 0,
    all: (parameters) => prepared.all(...parameters.map(bindable)),
    run: (parameters) => prepared.run(...parameters.map(bindable)),
    iterate: (parameters) => prepared.iterate(...parameters.map(bindable)),
  }
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite cannot store a ${typeof value}.`)
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

const LOCAL_FILE = 'Name a file on a local disk, in a directory that belongs to this user, as store.path.'
const FINISH_IT = 'Try again; if it stays there: jit-endpoint serve takes back at its start what was not committed.'

function unusable(path: string, cause: unknown, hint = LOCAL_FILE): JitError {
  const why = reasonOf(cause)
  return new JitError('FILE_UNREADABLE', `The database ${path} cannot be used: ${why}.`, hint, { cause })
}
