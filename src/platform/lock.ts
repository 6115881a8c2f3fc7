import { chmodSync, truncateSync } from 'node:fs'
import { JitError } from '../base/errors.ts'
import type { Clock } from './clock.ts'

const RETRY_MS = 15
const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26
const SQLITE_CORRUPT = 11

/**
 * Runs `work` while no other process holds the lock at `path`. Node has no `flock`; SQLite's exclusive transaction is the one
 * lock in reach that the kernel releases when its holder is killed. The file stays empty. It must lie on a local disk
 * (the state directory is per machine), and nothing else in a process may open it: closing any descriptor of a file
 * drops all POSIX locks on it.
 *
 * @param waitMs Rejects with `LOCKED` after this long.
 */
export async function withLock<T>(path: string, clock: Clock, waitMs: number, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += RETRY_MS) {
    const done = await withFreeLock(path, work)
    if (done !== undefined) return done.value
    if (waited >= waitMs) throw busy(waitMs)
    await clock.sleep(RETRY_MS)
  }
}

/** The same without waiting: `undefined`, and nothing was done, where another process holds the lock. */
export async function withFreeLock<T>(
  path: string,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    return tryLock(database, path) ? { value: await work() } : undefined
  } finally {
    database.close() // rolls back, which is the release
  }
}

function tryLock(database: { exec(sql: string): void }, path: string): boolean {
  try {
    database.exec('PRAGMA journal_mode = MEMORY') // its journal would be a file, and a full disk must not save a secret
    database.exec('BEGIN EXCLUSIVE')
    chmodSync(path, 0o600) // by name: SQLite offers no mode, and a descriptor of ours would drop the lock
    return true
  } catch (error) {
    const code = sqliteCode(error)
    if (code === SQLITE_BUSY) return false
    if (code !== SQLITE_NOTADB && code !== SQLITE_CORRUPT) throw error
    truncateSync(path) // nobody can hold a lock on bytes that are no database; a spoilt lock file must not save a secret
    return false
  }
}

/** Extended result codes keep the primary code in their low byte. */
const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined

const busy = (waitMs: number): JitError =>
  new JitError(
    'LOCKED',
    `Another jit process has been busy with this machine's credentials for ${Math.round(waitMs / 1000)} seconds.`,
    'Try again; if it stays so, look for a hanging jit process.',
  )
