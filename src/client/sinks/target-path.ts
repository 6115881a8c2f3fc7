import { basename, dirname, join, resolve } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { ifExists, readFile, withFile } from '../../platform/durable.ts'
import type { FileStat, FileSystem } from '../../platform/files.ts'
import { NO_HOME } from '../../platform/machine.ts'

const MAX_LINKS = 40
const MAX_BYTES = 8 * 1024 * 1024

/** The file that `path` means, through symbolic links, also where the last of them leads to nothing yet. */
export function resolveTarget(fs: FileSystem, path: string): string {
  let at = resolve(path)
  for (let links = 0; links < MAX_LINKS; links++) {
    const found = ifExists(() => fs.lstat(at))
    const directory = realDirectory(fs, dirname(at))
    if (found?.kind !== 'symlink') return join(directory, basename(at))
    at = resolve(directory, fs.readlink(at))
  }
  throw refused(path, 'its symbolic links go round in a circle', 'Remove one of the links.')
}

/** Bytes of a file of the user's, through links, as its client reads it; `undefined` where there is none. */
export const readThrough = (fs: FileSystem, path: string): Buffer | undefined =>
  ifExists(() => readFile(fs, resolveTarget(fs, path)))

/** The directory that `path` means, also where its last parts are yet to be made: one file must not go by two names. */
export function realDirectory(fs: FileSystem, path: string): string {
  const real = ifExists(() => fs.realpath(path))
  if (real !== undefined || path === dirname(path)) return real ?? path
  return join(realDirectory(fs, dirname(path)), basename(path))
}

/** Refuses what could not be written or, worse, could be written and never wiped. `uid` is absent on Windows. */
export function assertWritableAndWipable(fs: FileSystem, path: string, uid: number | undefined): FileStat | undefined {
  const stat = ifExists(() => fs.stat(path))
  assertOwnDirectory(fs, dirname(path), uid)
  if (stat === undefined) return undefined
  if (stat.kind !== 'file') throw refused(path, 'it is not a regular file', 'Move it away.')
  if (uid !== undefined && stat.uid !== uid)
    throw refused(path, `it belongs to user ${stat.uid}`, 'Run jit as the owner of the file, without sudo.')
  if (stat.size > MAX_BYTES) throw refused(path, 'it is larger than 8 MiB', 'Is this really the file of a client?')
  assertChangeable(fs, path, stat)
  return stat
}

/** Refuses a directory in which others could put their files in place of ours. */
export function assertOwnDirectory(fs: FileSystem, directory: string, uid: number | undefined): void {
  const stat = ifExists(() => fs.stat(directory))
  if (stat === undefined)
    return directory === dirname(directory) ? undefined : assertOwnDirectory(fs, dirname(directory), uid)
  if (directory === NO_HOME) throw homeless()
  if (stat.kind !== 'directory') throw refused(directory, 'it is not a directory', 'Move it away.')
  if (uid === undefined) return
  if (stat.uid !== uid && stat.uid !== 0)
    throw refused(directory, `the directory belongs to user ${stat.uid}`, 'Run jit as the owner, without sudo.')
  if ((stat.mode & 0o1002) === 0o002)
    throw refused(directory, 'everybody may replace files in this directory', `To close it: chmod o-w '${directory}'`)
}

const homeless = (): JitError =>
  new JitError(
    'FILE_REFUSED',
    'The clients of clouds keep their files in a home directory, and this user has none.',
    'Set HOME, or have it delivered without one: --deliver isolated',
  )

/** An append-only or immutable file refuses to be opened for writing even by its owner (chattr(1)). */
function assertChangeable(fs: FileSystem, path: string, stat: FileStat): void {
  try {
    withFile(fs, path, 'read-write', () => undefined)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EACCES' && stat.nlink === 1) return // read-only by its mode: replaced as a whole, mode given back later
    if (code !== 'EPERM' && code !== 'EROFS' && code !== 'EACCES' && code !== 'ETXTBSY') throw error
    const why = code === 'EPERM' ? 'it is append-only or immutable' : 'it is read-only'
    throw refused(
      path,
      `${why}, so nothing written there could be wiped`,
      code === 'EROFS' ? ELSEWHERE : `See: lsattr '${path}'; ls -l '${path}'`,
    )
  }
}

/** What to type where the user's own files cannot be changed. */
export const ELSEWHERE = 'To leave the files of your home alone: --deliver isolated, and jit exec or jit env'

export const refused = (path: string, why: string, hint: string, cause?: unknown): JitError =>
  new JitError('FILE_REFUSED', `jit does not write to ${path}: ${why}.`, hint, { cause })
