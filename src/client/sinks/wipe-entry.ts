import { JitError } from '../../base/errors.ts'
import { type IsSecret, secretSpans } from '../../base/unmarked-secrets.ts'
import { attempt, removeFile, withFile } from '../../platform/durable.ts'
import { whileLocked } from './client-lock.ts'
import { settleDisplaced, watchDisplaced } from './displaced.ts'
import { displaceWhole, replaceBytes } from './replace-bytes.ts'
import { finishRewrite, rewriteInPlace, scrubInPlace } from './in-place.ts'
import { removeEmptyDirectories } from './made-directories.ts'
import { type FilePlace, narrowMode, removeTemp } from './place.ts'
import { hashOf } from '../../base/secret-hash.ts'
import { type FormatSystem, leftByUs, readNow, readSettled, type Snapshot } from './settled.ts'
import type { Owner } from './types.ts'

const ROUNDS = 20

/** Takes a lease's entry, keys and left-over files away, and proves by reading that they are gone. Can be repeated at any point. */
export async function wipeEntry(system: FormatSystem, owner: Owner, place: FilePlace): Promise<void> {
  finishRewrite(system, place)
  removeTemp(system, place)
  await whileLocked(system, place.path, async () => {
    await settleDisplaced(system, place)
    await takeAllOut(system, owner, place)
    giveBack(system, place)
  })
  removeEmptyDirectories(system.fs, place)
  assertGone(system, owner, place)
}

async function takeAllOut(system: FormatSystem, owner: Owner, place: FilePlace): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const base = await readSettled(system, place.path)
    if (base === undefined) return
    const next = without(system, base.bytes, owner, place)
    if (next.equals(base.bytes)) return scrubUnremovable(system, place, base)
    takeOut(system, owner, place, base, next)
    await watchDisplaced(system, place)
    await settleDisplaced(system, place)
  }
}

/**
 * Replaces the file, which is safe against writers who take no lock, and blanks the displaced one. Where no new file can be made
 * (full disk, hard link, bind mount) the secret is blanked in the file itself first, then cut out.
 */
function takeOut(system: FormatSystem, owner: Owner, place: FilePlace, base: Snapshot, next: Buffer): void {
  const { fs } = system
  const replace = (): void => {
    if (next.length === 0 && !place.existed) displaceWhole(fs, place, base)
    else replaceBytes(fs, place, base, next, base.stat.mode)
  }
  if (base.stat.nlink === 1 && attempt(replace)) return
  scrubInPlace(fs, place.path, (bytes) => secretsIn(system, bytes, owner))
  const blank = readNow(fs, place.path)
  if (blank !== undefined) rewriteInPlace(fs, place, blank, without(system, blank.bytes, owner, place), blank.stat.mode)
}

const secretsIn = ({ format }: FormatSystem, bytes: Buffer, { id }: Owner) =>
  format
    .find(bytes)
    .filter(({ lease }) => lease === id)
    .flatMap(({ secrets }) => secrets)

const isSecretOf =
  ({ secretHashes }: FilePlace): IsSecret =>
  (text) =>
    secretHashes.length > 0 && secretHashes.includes(hashOf(text))

function without({ format }: FormatSystem, bytes: Buffer, { id }: Owner, place: FilePlace): Buffer {
  const unmarked = format.remove(bytes, ({ lease }) => lease === id)
  return format.removeUnmarked(unmarked, { lease: id, profile: place.profile }, isSecretOf(place))
}

/** A file that its own client could not read any more, say: nothing can be cut out of it, but the secret itself can be blanked. */
function scrubUnremovable({ fs }: FormatSystem, place: FilePlace, { bytes }: Snapshot): void {
  const spansOf = (text: Buffer) => secretSpans(text, isSecretOf(place))
  if (spansOf(bytes).length > 0) scrubInPlace(fs, place.path, spansOf)
}

/** The user's own mode, once no lease is left in the file and unless somebody has set another since. */
function modeAfter({ format }: FormatSystem, place: FilePlace, { stat, bytes }: Snapshot): number {
  const ours = format.secret && place.mode !== undefined && stat.mode === narrowMode(place.mode)
  return ours && format.find(bytes).length === 0 ? (place.mode ?? stat.mode) : stat.mode
}

/** The mode, and the absence of a file that was not there before us. */
function giveBack(system: FormatSystem, place: FilePlace): void {
  const { fs } = system
  const now = readNow(fs, place.path)
  if (now === undefined) return
  const mode = modeAfter(system, place, now)
  if (mode !== now.stat.mode)
    withFile(fs, place.path, 'read', (fd) => {
      fs.fchmod(fd, mode)
      fs.fsync(fd) // once the entry is gone nobody knows the mode any more
    })
  if (now.bytes.length === 0 && !place.existed) removeFile(fs, place.path)
}

function assertGone(system: FormatSystem, { id }: Owner, place: FilePlace): void {
  const { fs, format } = system
  const bytes = readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)
  const inFile = format.find(bytes).some(({ lease }) => lease === id) || format.holdsSecret(bytes, isSecretOf(place))
  const beside = [place.temp, place.redo, place.backup].find((name) => (leftByUs(system, name)?.size ?? 0) > 0)
  if (!inFile && beside === undefined) return
  throw new JitError(
    'WIPE_FAILED',
    `Credentials of jit are still in ${inFile ? place.path : beside}.`,
    'Another program may be writing that file. jit keeps trying; to do it now: jit sweep',
  )
}
