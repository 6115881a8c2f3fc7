import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { ifExists, readOpen, withFile } from '../../platform/durable.ts'
import type { FileStat, FileSystem } from '../../platform/files.ts'
import type { ProcessTable } from '../../platform/process-table.ts'
import type { Format } from './formats/types.ts'

export type System = {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly processes: ProcessTable
  /** Who we are; absent on Windows. */
  readonly uid?: number
}
/** What a file of one format is worked on with. */
export type FormatSystem = System & { readonly format: Format }
export type Snapshot = { readonly bytes: Buffer; readonly stat: FileStat }

const INTERVAL_MS = 5
const QUIET_MS = 20
const EMPTY_QUIET_MS = 1000
const PATIENCE_MS = 3000

/**
 * A file's bytes at a moment when nobody was writing it, as far as one can tell from outside: no lock is shared with
 * clients, editors and the like (`az` alone has one). `aws configure set` truncates and then writes, so an empty file is believed late.
 * `undefined` where the file does not exist.
 */
export async function readSettled({ fs, clock }: System, path: string): Promise<Snapshot | undefined> {
  for (let waited = 0; waited < PATIENCE_MS; waited += INTERVAL_MS + QUIET_MS) {
    const before = readNow(fs, path)
    if (before === undefined) return undefined
    await clock.sleep(INTERVAL_MS)
    const after = ifExists(() => fs.lstat(path))
    if (after !== undefined && unchanged(before.stat, after) && isQuiet(before, clock.now())) return before
    await clock.sleep(QUIET_MS)
  }
  throw new JitError(
    'WRITE_FAILED',
    `Another program keeps writing ${path}.`,
    'Try again when it is done; jit does not write into a file that is changing.',
  )
}

/**
 * What lies under a name of our own beside a file of the user, if we put it there: in a directory such as /tmp another user
 * can be faster, and his bytes must not become the user's.
 */
export function leftByUs({ fs, uid }: Pick<System, 'fs' | 'uid'>, path: string): FileStat | undefined {
  const stat = ifExists(() => fs.lstat(path))
  return stat?.kind === 'file' && (uid === undefined || stat.uid === uid) ? stat : undefined
}

export const readNow = (fs: FileSystem, path: string): Snapshot | undefined =>
  ifExists(() => withFile(fs, path, 'read', (fd) => readOpen(fs, fd)))

export const unchanged = (a: FileStat, b: FileStat): boolean => sameContent(a, b) && a.ctimeNs === b.ctimeNs

/** As {@link unchanged}, but links and permissions may have changed. */
export const sameContent = (a: FileStat, b: FileStat): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs

function isQuiet({ bytes, stat }: Snapshot, nowMs: number): boolean {
  const age = nowMs - Number(stat.mtimeNs / 1_000_000n)
  return age < 0 || age >= (bytes.length === 0 ? EMPTY_QUIET_MS : QUIET_MS) // age < 0: the file server's clock is ahead
}
