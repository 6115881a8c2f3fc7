import { dirname } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { attempt, createFile, ifExists, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { FilePlace } from './place.ts'
import { sameContent, type Snapshot, unchanged } from './settled.ts'

/** File systems without hard links, and files bound from another mount. */
export const NO_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']

/**
 * Puts `next` where `base` was, in one step for every reader. The old file keeps a second name, `place.backup`
 * (see `watchDisplaced`). `moved`: somebody else was faster; nothing has changed, and the caller reads again.
 */
export function replaceBytes(
  fs: FileSystem,
  place: FilePlace,
  base: Snapshot | undefined,
  next: Buffer,
  mode: number,
): 'done' | 'moved' {
  try {
    const result = base === undefined ? publish(fs, place, next, mode) : displace(fs, place, base, next, mode)
    if (result === 'moved') forget(fs, place)
    return result
  } catch (error) {
    forget(fs, place)
    throw error
  }
}

function publish(fs: FileSystem, place: FilePlace, next: Buffer, mode: number): 'done' | 'moved' {
  createFile(fs, place.temp, next, (fd) => fs.fchmod(fd, mode))
  try {
    fs.link(place.temp, place.path) // unlike rename, never replaces what somebody else has just made
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'moved'
    if (!NO_LINK.includes(errnoOf(error) ?? '')) throw error
    fs.rename(place.temp, place.path)
  }
  fs.syncDirectory(dirname(place.path))
  removeFile(fs, place.temp)
  return 'done'
}

function displace(fs: FileSystem, place: FilePlace, base: Snapshot, next: Buffer, mode: number): 'done' | 'moved' {
  keepWithinReach(fs, place)
  const before = ifExists(() => fs.lstat(place.path))
  if (before === undefined || !sameContent(before, base.stat)) return 'moved'
  createFile(fs, place.temp, next, (fd) => {
    if (fs.fstat(fd).gid !== base.stat.gid) fs.fchown(fd, base.stat.uid, base.stat.gid)
    fs.fchmod(fd, mode)
  })
  const now = ifExists(() => fs.lstat(place.path))
  if (now === undefined || !unchanged(before, now)) return 'moved'
  fs.rename(place.temp, place.path)
  fs.syncDirectory(dirname(place.path))
  return 'done'
}

function keepWithinReach(fs: FileSystem, place: FilePlace): void {
  try {
    fs.link(place.path, place.backup)
  } catch (error) {
    if (![...NO_LINK, 'ENOENT'].includes(errnoOf(error) ?? '')) throw error
  }
}

/** Removes a file that was not there before us, keeping it within reach as above. */
export function displaceWhole(fs: FileSystem, place: FilePlace, base: Snapshot): 'done' | 'moved' {
  const now = ifExists(() => fs.lstat(place.path))
  if (now === undefined || !unchanged(base.stat, now)) return 'moved'
  fs.rename(place.path, place.backup)
  fs.syncDirectory(dirname(place.path))
  return 'done'
}

/** Nothing has been replaced: the names made on the way go. What cannot go now is named in the lease and goes with it. */
function forget(fs: FileSystem, place: FilePlace): void {
  attempt(() => removeFile(fs, place.temp))
  attempt(() => {
    const kept = ifExists(() => fs.lstat(place.backup))
    const current = ifExists(() => fs.lstat(place.path))
    if (kept !== undefined && kept.ino === current?.ino) removeFile(fs, place.backup)
  })
}
