import { basename, dirname, join } from 'node:path'
import { attempt, ifExists, removeFile, tryEach, withFile, writeAll } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { JitError } from '../../base/errors.ts'
import { errnoOf } from '../../base/errno.ts'
import type { System } from './settled.ts'
import type { Orphans, OrphanSearch } from './types.ts'

const NAME = /^([\w-]{1,80})\.(\d{1,12})$/
const ROUNDS = 5
const BLANKS = 64 * 1024

/** Where the private directories of all leases lie. */
export const grantsIn = (runtime: string): string => join(runtime, 'grants')

/** The private directory of a lease. Its name tells lease and end (Unix seconds), so that it is found without a journal. */
export const grantDirectory = (grants: string, lease: string, endsAt: number): string =>
  join(grants, `${lease}.${Math.ceil(endsAt / 1000)}`)

/** The private directory of `lease` that `path` lies in, if it does. */
export function grantDirectoryOf(path: string, lease: string): string | undefined {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at))
    if (basename(dirname(at)) === 'grants' && NAME.exec(basename(at))?.[1] === lease) return at
  return undefined
}

/** Blanks and removes all that lies in it, whoever has put it there: clients keep caches and logs of their own in theirs. */
export function wipeGrantDirectory(fs: FileSystem, directory: string): void {
  for (let round = 0; round < ROUNDS; round++) {
    if (ifExists(() => fs.lstat(directory))?.kind !== 'directory') return
    emptyDirectory(fs, directory)
    if (isBusy(() => fs.rmdir(directory))) continue
    ifExists(() => fs.syncDirectory(dirname(directory)))
    return
  }
  throw new JitError(
    'WIPE_FAILED',
    `A program keeps writing into ${directory}.`,
    'End it. jit keeps trying; to do it now: jit sweep',
  )
}

function emptyDirectory(fs: FileSystem, directory: string): void {
  openUp(fs, directory)
  const names = ifExists(() => fs.readdir(directory)) ?? []
  try {
    tryEach(names, (name) => removeFrom(fs, join(directory, name)))
  } finally {
    fs.syncDirectory(directory)
  }
}

function removeFrom(fs: FileSystem, path: string): void {
  if (ifExists(() => fs.lstat(path))?.kind !== 'directory') return scrubAndRemove(fs, path)
  emptyDirectory(fs, path)
  isBusy(() => fs.rmdir(path))
}

/** Some clients make their caches read-only (Go's modules, say): nothing could be removed from there. */
function openUp(fs: FileSystem, directory: string): void {
  if (((ifExists(() => fs.lstat(directory))?.mode ?? 0o700) & 0o700) === 0o700) return
  attempt(() => withFile(fs, directory, 'read', (fd) => fs.fchmod(fd, 0o700)))
}

/** Something was put into it since we looked. */
function isBusy(remove: () => void): boolean {
  try {
    ifExists(remove)
    return false
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return true
    throw error
  }
}

/** Blanks a file of ours before its name goes. Links are not followed, and other names of the file keep their bytes. */
export function scrubAndRemove(fs: FileSystem, path: string): void {
  const stat = ifExists(() => fs.lstat(path))
  if (stat?.kind === 'file' && stat.nlink === 1) attempt(() => blank(fs, path)) // one that cannot be opened still goes
  removeFile(fs, path)
}

function blank(fs: FileSystem, path: string): void {
  withFile(fs, path, 'read-write', (fd) => {
    const { size } = fs.fstat(fd)
    for (let at = 0; at < size; at += BLANKS) writeAll(fs, fd, Buffer.alloc(Math.min(BLANKS, size - at), ' '), at)
    if (size > 0) fs.fsync(fd)
  })
}

/** Private directories whose lease has no readable entry; see {@link Orphans}. */
export function wipeOrphanDirectories(system: System, grants: string, search: OrphanSearch): Orphans {
  const { fs, clock } = system
  const found = (ifExists(() => fs.readdir(grants)) ?? []).flatMap((name) => {
    const [, id = '', end = ''] = NAME.exec(name) ?? []
    return id === '' || search.known.has(id) || !isOurs(system, join(grants, name))
      ? []
      : [{ id, path: join(grants, name), isOver: search.ended.has(id) || Number(end) * 1000 <= clock.now() }]
  })
  const over = found.filter(({ isOver }) => isOver)
  tryEach(over, ({ path }) => wipeGrantDirectory(fs, path))
  return { wiped: over.map(({ id }) => id), alive: found.filter(({ isOver }) => !isOver).map(({ id }) => id) }
}

function isOurs({ fs, uid }: System, path: string): boolean {
  const stat = ifExists(() => fs.lstat(path))
  return stat?.kind === 'directory' && (uid === undefined || stat.uid === uid)
}
