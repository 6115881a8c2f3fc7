import { basename, dirname, join } from 'node:path'
import { errnoOf, isMissing } from '../base/errno.ts'
import type { FileStat, FileSystem } from './files.ts'

/** `action`'s result, or `undefined` where the path does not exist. */
export function ifExists<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Bytes and state of an open file, belonging together. */
export function readOpen(fs: FileSystem, fd: number): { readonly bytes: Buffer; readonly stat: FileStat } {
  const stat = fs.fstat(fd)
  const bytes = Buffer.alloc(stat.size)
  let filled = 0
  while (filled < bytes.length) {
    const got = fs.read(fd, bytes, filled, bytes.length - filled, filled)
    if (got === 0) break // truncated by somebody while we read
    filled += got
  }
  return { bytes: bytes.subarray(0, filled), stat }
}

export function withFile<T>(fs: FileSystem, path: string, how: 'read' | 'read-write', use: (fd: number) => T): T {
  const fd = fs.open(path, how)
  try {
    return use(fd)
  } finally {
    fs.close(fd)
  }
}

export const readFile = (fs: FileSystem, path: string): Buffer | undefined =>
  ifExists(() => withFile(fs, path, 'read', (fd) => readOpen(fs, fd).bytes))

/** Writes all of `bytes` at `position`; a single `write` may be short. */
export function writeAll(fs: FileSystem, fd: number, bytes: Buffer, position: number): void {
  let written = 0
  while (written < bytes.length) written += fs.write(fd, bytes, written, bytes.length - written, position + written)
}

/**
 * A new private file with these bytes, on disk when this returns; its name is not durable yet. Replaces a left-over of the same
 * name. Leaves no file where it fails.
 */
export function createFile(fs: FileSystem, path: string, bytes: Buffer, prepare?: (fd: number) => void): void {
  removeFile(fs, path)
  const fd = fs.open(path, 'create', 0o600)
  try {
    fillFile(fs, fd, bytes, prepare)
  } catch (error) {
    attempt(() => fs.unlink(path)) // on a full disk the half file would keep the room that others need
    throw error
  }
}

function fillFile(fs: FileSystem, fd: number, bytes: Buffer, prepare?: (fd: number) => void): void {
  try {
    writeAll(fs, fd, bytes, 0)
    prepare?.(fd)
    fs.fsync(fd)
  } finally {
    fs.close(fd)
  }
}

/** For tidying up on the way out of a failure, where the first error is the one to report. */
export function attempt(action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

/** One item that fails does not save the others: throws the first failure when all were tried. */
export function tryEach<T>(items: readonly T[], action: (item: T) => void): void {
  const failures: unknown[] = []
  for (const item of items)
    try {
      action(item)
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}

/** Replaces `path` in one durable step: after a crash either the old or the new bytes are there. `temp` lies in the same directory. */
export function replaceFile(fs: FileSystem, path: string, temp: string, bytes: Buffer): void {
  createFile(fs, temp, bytes)
  fs.rename(temp, path)
  fs.syncDirectory(dirname(path))
}

/** Whether there was something to remove. */
export const removeFile = (fs: FileSystem, path: string): boolean =>
  ifExists(() => {
    fs.unlink(path)
    return true
  }) ?? false

/**
 * Makes the missing directories of `path`, durable, and private where no `mode` says otherwise. Returns those made, innermost
 * first. One by one: below /proc, where nothing can be made, Node's own `recursive` tries for ever.
 */
export function makeDirectories(fs: FileSystem, path: string, mode = 0o700): readonly string[] {
  const missing = missingDirectories(fs, path)
  for (const directory of missing.toReversed()) {
    try {
      fs.mkdir(directory, mode)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    fs.syncDirectory(dirname(directory))
  }
  return missing
}

/** Innermost first. */
export function missingDirectories(fs: FileSystem, path: string): readonly string[] {
  const missing: string[] = []
  for (let at = path; ifExists(() => fs.stat(at)) === undefined && at !== dirname(at); at = dirname(at))
    missing.push(at)
  return missing
}

/** `.NAME.jit-ID.KIND` beside `path`: a sweep can tell from the lease alone which left-over names to look for. */
export const derivedName = (path: string, id: string, kind: string): string =>
  join(dirname(path), `.${basename(path)}.jit-${id}.${kind}`)
