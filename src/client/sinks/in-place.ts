import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import type { Span } from '../../base/lines.ts'
import { createFile, readFile, readOpen, removeFile, withFile, writeAll } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { FilePlace } from './place.ts'
import { leftByUs, type Snapshot, type System } from './settled.ts'

/**
 * Changes a file without giving it a new inode: for hard links and bind mounts, and for wiping where no new file can be made.
 * An append or a cut at the end is one call. Anything else moves bytes of the user, so the result is on disk beside the file
 * before the first of them moves ({@link finishRewrite}).
 */
export function rewriteInPlace(fs: FileSystem, place: FilePlace, base: Snapshot, next: Buffer, mode: number): void {
  const same = commonPrefix(base.bytes, next)
  const moves = same < base.bytes.length && same < next.length
  if (moves) {
    createFile(fs, place.redo, redoRecord(base.bytes, next))
    fs.syncDirectory(dirname(place.redo))
  }
  withFile(fs, place.path, 'read-write', (fd) => {
    if (base.stat.mode !== mode && next.length > base.bytes.length) fs.fchmod(fd, mode) // narrow before the secret is in
    put(fs, fd, same, next)
    if (base.stat.mode !== mode && next.length <= base.bytes.length) fs.fchmod(fd, mode)
    fs.fsync(fd)
  })
  if (moves) removeFile(fs, place.redo)
}

function put(fs: FileSystem, fd: number, from: number, next: Buffer): void {
  writeAll(fs, fd, next.subarray(from), from)
  if (fs.fstat(fd).size <= next.length) return
  if (from < next.length) fs.fsync(fd) // a power loss may keep a cut and forget the bytes written before it
  fs.ftruncate(fd, next.length)
}

/** Overwrites with blanks: needs no free block, so it works on a full disk, and leaves every other byte where it is. */
export function scrubInPlace(fs: FileSystem, path: string, spansOf: (bytes: Buffer) => readonly Span[]): void {
  withFile(fs, path, 'read-write', (fd) => {
    const spans = spansOf(readOpen(fs, fd).bytes)
    for (const { start, end } of spans) writeAll(fs, fd, Buffer.alloc(end - start, ' '), start)
    if (spans.length > 0) fs.fsync(fd)
  })
}

/** Finishes a rewrite that a crash cut in two. A record that is itself torn means that nothing had moved yet. */
export function finishRewrite(system: System, place: FilePlace): void {
  const { fs } = system
  const redo = leftByUs(system, place.redo) === undefined ? undefined : readFile(fs, place.redo)
  if (redo === undefined) return
  const record = readRedo(redo)
  if (record !== undefined)
    withFile(fs, place.path, 'read-write', (fd) => {
      if (!isCutShort(readOpen(fs, fd).bytes, record)) return // finished, or rewritten by somebody else since
      put(fs, fd, commonPrefix(record.base, record.next), record.next)
      fs.fsync(fd)
    })
  removeFile(fs, place.redo)
}

type Redo = { readonly base: Buffer; readonly next: Buffer }

/** Some bytes of the one and some of the other, and nothing else. */
function isCutShort(bytes: Buffer, { base, next }: Redo): boolean {
  const [shorter, longer] = [base.length, next.length].toSorted((a, b) => a - b)
  if (shorter === undefined || longer === undefined || bytes.length < shorter || bytes.length > longer) return false
  return bytes.every((byte, at) => byte === base[at] || byte === next[at])
}

const HEADER_LENGTH = 128

function redoRecord(base: Buffer, next: Buffer): Buffer {
  const both = Buffer.concat([base, next])
  const hash = createHash('sha256').update(both).digest('hex')
  return Buffer.concat([Buffer.from(`${base.length} ${hash}`.padEnd(HEADER_LENGTH)), both])
}

function readRedo(record: Buffer): Redo | undefined {
  const [size, hash] = record.toString('latin1', 0, HEADER_LENGTH).trim().split(' ')
  const both = record.subarray(HEADER_LENGTH)
  if (createHash('sha256').update(both).digest('hex') !== hash) return undefined
  return { base: both.subarray(0, Number(size)), next: both.subarray(Number(size)) }
}

function commonPrefix(a: Buffer, b: Buffer): number {
  const end = Math.min(a.length, b.length)
  let at = 0
  while (at < end && a[at] === b[at]) at++
  return at
}
