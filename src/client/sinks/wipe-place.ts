import { dirname } from 'node:path'
import { findBlocks, removeBlocks } from '../../base/credentials-block.ts'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { holdsSecret, type IsSecret, removeUnmarked } from '../../base/unmarked-secrets.ts'
import { attempt, ifExists, removeFile, withFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { Lease, Place } from '../leases/types.ts'
import { hashOf } from './aws-profile.ts'
import { settleDisplaced, watchDisplaced } from './displaced.ts'
import { displaceWhole, exchangeBytes } from './exchange-bytes.ts'
import { finishRewrite, rewriteInPlace, scrubInPlace } from './in-place.ts'
import { narrowMode, removeTemp } from './place.ts'
import { leftByUs, readNow, readSettled, type Snapshot, type System } from './settled.ts'

const ROUNDS = 20
type Ours = Pick<Lease, 'id' | 'profile'>

/** Takes a lease's block, keys and left-over files away, and proves by reading that they are gone. Can be repeated at any point. */
export async function wipePlace(system: System, lease: Ours, place: Place): Promise<void> {
  const { fs } = system
  finishRewrite(system, place)
  removeTemp(system, place)
  await settleDisplaced(system, place)
  for (let round = 0; round < ROUNDS; round++) {
    const base = await readSettled(system, place.path)
    if (base === undefined) break
    const next = without(base.bytes, lease, place)
    if (next.equals(base.bytes)) break
    takeOut(fs, lease, place, base, next)
    await watchDisplaced(system, place)
  }
  giveBack(fs, place)
  assertGone(system, lease, place)
}

/**
 * Exchanges the file, which is safe against writers who take no lock, and blanks the displaced one. Where no new file can be made
 * (full disk, hard link, bind mount) the secret is blanked in the file itself first, then cut out.
 */
function takeOut(fs: FileSystem, lease: Ours, place: Place, base: Snapshot, next: Buffer): void {
  const exchange = (): void => {
    if (next.length === 0 && !place.existed) displaceWhole(fs, place, base)
    else exchangeBytes(fs, place, base, next, base.stat.mode)
  }
  if (base.stat.nlink === 1 && attempt(exchange)) return
  scrubInPlace(fs, place.path, (bytes) => secretsIn(bytes, lease.id))
  const blank = readNow(fs, place.path)
  if (blank !== undefined) rewriteInPlace(fs, place, blank, without(blank.bytes, lease, place), blank.stat.mode)
}

const secretsIn = (bytes: Buffer, id: string) =>
  findBlocks(bytes)
    .filter((block) => block.lease === id)
    .flatMap(({ secrets }) => secrets)

const isSecretOf =
  ({ secretHashes }: Place): IsSecret =>
  (text) =>
    secretHashes.length > 0 && secretHashes.includes(hashOf(text))

function without(bytes: Buffer, { id, profile }: Ours, place: Place): Buffer {
  const unmarked = removeBlocks(bytes, (block) => block.lease === id)
  return removeUnmarked(unmarked, { lease: id, profile }, isSecretOf(place))
}

/** The user's own mode, once no lease is left in the file and unless somebody has set another since. */
function modeAfter(place: Place, { stat, bytes }: Snapshot): number {
  const ours = place.mode !== undefined && stat.mode === narrowMode(place.mode)
  return ours && findBlocks(bytes).length === 0 ? (place.mode ?? stat.mode) : stat.mode
}

/** The mode, and the absence of file and directories that were not there before us. */
function giveBack(fs: FileSystem, place: Place): void {
  const now = readNow(fs, place.path)
  if (now !== undefined) {
    const mode = modeAfter(place, now)
    if (mode !== now.stat.mode)
      withFile(fs, place.path, 'read', (fd) => {
        fs.fchmod(fd, mode)
        fs.fsync(fd) // once the entry is gone nobody knows the mode any more
      })
    if (now.bytes.length === 0 && !place.existed) removeFile(fs, place.path)
  }
  ifExists(() => fs.syncDirectory(dirname(place.path)))
  for (const directory of place.madeDirectories) removeEmptyDirectory(fs, directory)
}

function removeEmptyDirectory(fs: FileSystem, directory: string): void {
  try {
    fs.rmdir(directory)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error
    return // somebody uses it by now
  }
  fs.syncDirectory(dirname(directory))
}

function assertGone(system: System, { id }: Ours, place: Place): void {
  const { fs } = system
  const bytes = readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)
  const inFile = findBlocks(bytes).some((block) => block.lease === id) || holdsSecret(bytes, isSecretOf(place))
  const beside = [place.temp, place.redo, place.backup].find((name) => (leftByUs(system, name)?.size ?? 0) > 0)
  if (!inFile && beside === undefined) return
  throw new JitError(
    'WIPE_FAILED',
    `Credentials of jit are still in ${inFile ? place.path : beside}.`,
    'Another program may be writing that file. jit keeps trying; to do it now: jit sweep',
  )
}
