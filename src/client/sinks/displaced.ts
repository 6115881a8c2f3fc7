import { dirname } from 'node:path'
import { findBlocks, graftBlocks } from '../../base/credentials-block.ts'
import { createFile, ifExists, removeFile } from '../../platform/durable.ts'
import type { FileStat, FileSystem } from '../../platform/files.ts'
import type { Place } from '../leases/types.ts'
import { scrubInPlace } from './in-place.ts'
import { narrowMode } from './place.ts'
import { leftByUs, readNow, readSettled, type System } from './settled.ts'

const GRACE_MS = 100
const TICK_MS = 10
const LATE_WRITER_MS = 2000

/**
 * Watches the file that a rename has just displaced. A program that had it open for writing still writes there, into bytes
 * that no name leads to any more but ours; what it wrote is brought back. `since`: when the rename was, at the latest.
 */
export async function watchDisplaced(system: System, place: Place, since = system.clock.now()): Promise<void> {
  const { clock } = system
  for (let waited = 0; Math.max(waited, clock.now() - since) < GRACE_MS; waited += TICK_MS) {
    if (displaced(system, place) === undefined) return
    await clock.sleep(TICK_MS)
    if (wasHit(system, place)) break
  }
  await settleDisplaced(system, place)
}

/** Brings back what was written to the displaced file, if anything was, and lets go of it. Needs no memory of the rename. */
export async function settleDisplaced(system: System, place: Place): Promise<void> {
  if (displaced(system, place) === undefined) return
  if (wasHit(system, place)) await mergeDisplaced(system, place)
  dropDisplaced(system, place)
}

const displaced = (system: System, place: Place): FileStat | undefined => leftByUs(system, place.backup)

/** The displaced file is older than the one that took its place unless somebody wrote it since. */
function wasHit(system: System, place: Place): boolean {
  const old = displaced(system, place)
  const current = ifExists(() => system.fs.lstat(place.path))
  if (old === undefined || current?.ino === old.ino) return false // not displaced: a crash came before the rename
  return current === undefined || old.mtimeNs >= current.mtimeNs
}

async function mergeDisplaced(system: System, place: Place): Promise<void> {
  const { fs } = system
  await lateWriter(system, place)
  const theirs = await readSettled(system, place.backup)
  const current = await readSettled(system, place.path)
  if (theirs === undefined || (theirs.bytes.length === 0 && current !== undefined)) return
  const next = graftBlocks(theirs.bytes, current?.bytes ?? Buffer.alloc(0))
  if (next.length === 0 || current?.bytes.equals(next) === true) return
  const { mode: theirMode } = (current ?? theirs).stat
  const mode = findBlocks(next).length > 0 ? narrowMode(theirMode) : theirMode
  createFile(fs, place.temp, next, (fd) => fs.fchmod(fd, mode))
  fs.rename(place.temp, place.path)
  fs.syncDirectory(dirname(place.path))
}

/** A writer that has truncated and not written yet gets some time. */
async function lateWriter(system: System, place: Place): Promise<void> {
  for (let waited = 0; waited < LATE_WRITER_MS && displaced(system, place)?.size === 0; waited += TICK_MS)
    await system.clock.sleep(TICK_MS)
}

function dropDisplaced(system: System, place: Place): void {
  const { fs } = system
  const old = displaced(system, place)
  if (old === undefined) return
  if (old.nlink === 1) scrubGone(fs, place)
  removeFile(fs, place.backup)
  fs.syncDirectory(dirname(place.backup))
}

/** Blanks the secrets of blocks that the file itself no longer has. */
function scrubGone(fs: FileSystem, place: Place): void {
  const alive = new Set(findBlocks(readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)).map(({ lease }) => lease))
  const gone = (bytes: Buffer) =>
    findBlocks(bytes)
      .filter(({ lease }) => !alive.has(lease))
      .flatMap(({ secrets }) => secrets)
  if (gone(readNow(fs, place.backup)?.bytes ?? Buffer.alloc(0)).length > 0) scrubInPlace(fs, place.backup, gone)
}
