import { dirname } from 'node:path'
import type { Span } from '../../base/lines.ts'
import { createFile, ifExists, removeFile } from '../../platform/durable.ts'
import type { FileStat } from '../../platform/files.ts'
import { scrubInPlace } from './in-place.ts'
import { type FilePlace, modeWith } from './place.ts'
import { leftByUs, readNow, readSettled, type FormatSystem, type System } from './settled.ts'

const GRACE_MS = 100
const TICK_MS = 10
const LATE_WRITER_MS = 2000

/**
 * Watches the file that a rename has just displaced. A program that had it open for writing still writes there, into bytes
 * that no name leads to any more but ours; {@link settleDisplaced} brings back what it wrote. `since`: when the rename was, at
 * the latest.
 */
export async function watchDisplaced(system: System, place: FilePlace, since = system.clock.now()): Promise<void> {
  const { clock } = system
  for (let waited = 0; ; waited += TICK_MS) {
    const left = GRACE_MS - Math.max(waited, clock.now() - since)
    if (left <= 0 || displaced(system, place) === undefined) return
    await clock.sleep(Math.min(TICK_MS, left))
    if (wasHit(system, place)) return
  }
}

/** Brings back what was written to the displaced file, if anything was, and lets go of it. Needs no memory of the rename. */
export async function settleDisplaced(system: FormatSystem, place: FilePlace): Promise<void> {
  if (displaced(system, place) === undefined) return
  if (wasHit(system, place)) await mergeDisplaced(system, place)
  dropDisplaced(system, place)
}

export const displaced = (system: System, place: FilePlace): FileStat | undefined => leftByUs(system, place.backup)

/** The displaced file is older than the one that took its place unless somebody wrote it since. */
function wasHit(system: System, place: FilePlace): boolean {
  const old = displaced(system, place)
  const current = ifExists(() => system.fs.lstat(place.path))
  if (old === undefined || current?.ino === old.ino) return false // not displaced: a crash came before the rename
  return current === undefined || old.mtimeNs >= current.mtimeNs
}

async function mergeDisplaced(system: FormatSystem, place: FilePlace): Promise<void> {
  const { fs, format } = system
  await lateWriter(system, place)
  const theirs = await readSettled(system, place.backup)
  const current = await readSettled(system, place.path)
  if (theirs === undefined || (theirs.bytes.length === 0 && current !== undefined)) return
  const next = format.graft(theirs.bytes, current?.bytes ?? Buffer.alloc(0))
  if (next.length === 0 || current?.bytes.equals(next) === true) return
  const { mode: theirMode } = (current ?? theirs).stat
  const mode = format.find(next).length > 0 ? modeWith(format, theirMode) : theirMode
  createFile(fs, place.temp, next, (fd) => fs.fchmod(fd, mode))
  fs.rename(place.temp, place.path)
  fs.syncDirectory(dirname(place.path))
}

/** A writer that has truncated and not written yet gets some time. */
async function lateWriter(system: System, place: FilePlace): Promise<void> {
  for (let waited = 0; waited < LATE_WRITER_MS && displaced(system, place)?.size === 0; waited += TICK_MS)
    await system.clock.sleep(TICK_MS)
}

function dropDisplaced(system: FormatSystem, place: FilePlace): void {
  const { fs } = system
  const old = displaced(system, place)
  if (old === undefined) return
  if (old.nlink === 1) scrubGone(system, place)
  removeFile(fs, place.backup)
  fs.syncDirectory(dirname(place.backup))
}

/** Blanks the secrets of entries that the file itself no longer has. */
function scrubGone({ fs, format }: FormatSystem, place: FilePlace): void {
  const spans = (bytes: Buffer) => format.find(bytes).flatMap(({ secrets }) => secrets)
  const text = (bytes: Buffer, { start, end }: Span): string => bytes.toString('latin1', start, end)
  const now = readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)
  const alive = new Set(spans(now).map((span) => text(now, span)))
  const gone = (bytes: Buffer) => spans(bytes).filter((span) => !alive.has(text(bytes, span)))
  if (gone(readNow(fs, place.backup)?.bytes ?? Buffer.alloc(0)).length > 0) scrubInPlace(fs, place.backup, gone)
}
