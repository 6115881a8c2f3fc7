import { basename, dirname, join } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { secretSpans } from '../../base/unmarked-secrets.ts'
import { createFile, ifExists, makeDirectories, missingDirectories, removeFile } from '../../platform/durable.ts'
import type { FileStat, FileSystem } from '../../platform/files.ts'
import type { Lease, Place } from '../leases/types.ts'
import type { Held, Intent, PlannedFile } from './clouds/types.ts'
import { NO_LINK } from './replace-bytes.ts'
import { grantDirectoryOf, scrubAndRemove, wipeGrantDirectory } from './grant-directory.ts'
import { scrubInPlace } from './in-place.ts'
import { isHeld } from './held.ts'
import { removeEmptyDirectories } from './made-directories.ts'
import { readOwnMark } from './own-mark.ts'
import { namesFor } from './place.ts'
import { hashOf } from '../../base/secret-hash.ts'
import { leftByUs, readNow, type System } from './settled.ts'
import { assertOwnDirectory, realDirectory, refused } from './target-path.ts'
import type { Contents, Engine, Owner, PlannedPlace } from './types.ts'

/** A client that has just opened the file of the last slice reads it to its end before that is blanked. */
const READER_MS = 100

/**
 * A file that is wholly ours and was not there before: in the private directory of its lease, which goes as a whole, or elsewhere
 * with a mark in it (own-mark.ts). A lease that takes over the path of another replaces the file in one step.
 */
export class OwnFile implements Engine {
  readonly #system: System

  constructor(system: System) {
    this.#system = system
  }

  async plan(file: PlannedFile, { lease, profile }: Intent): Promise<PlannedPlace> {
    const { fs, uid } = this.#system
    const directory = realDirectory(fs, dirname(file.path))
    const path = join(directory, basename(file.path))
    assertOwnDirectory(fs, directory, uid)
    const held = 'held' in file ? file.held : undefined
    if (file.kind === 'own-directory' && grantDirectoryOf(path, lease) === undefined)
      throw new Error(`${path} lies outside the private directory of its lease.`)
    if (file.kind === 'own' || file.kind === 'sealed') assertFree(this.#system, path, lease, held)
    const madeDirectories = missingDirectories(fs, directory)
    const { kind } = file
    return { kind, ...(held && { held }), profile, ...namesFor(path, lease), existed: false, madeDirectories }
  }

  async write(lease: Lease, place: Place, { content }: Contents): Promise<void> {
    const { fs } = this.#system
    const bytes = Buffer.from(content)
    const directory = grantDirectoryOf(place.path, lease.id)
    if (directory === undefined && !isOf(bytes, lease, place))
      throw new Error(`${place.path} is to be written without the mark of its lease.`)
    makeDirectories(fs, dirname(place.path))
    if (directory !== undefined) assertPrivate(this.#system, directory)
    const base = assertFree(this.#system, place.path, lease.id, place.held)
    if (base !== undefined && base.mode === 0o600 && readNow(fs, place.path)?.bytes.equals(bytes) === true) return
    createFile(fs, place.temp, bytes)
    if (base === undefined) publish(fs, place)
    else replace(fs, place)
    fs.syncDirectory(dirname(place.path))
    removeFile(fs, place.temp)
  }

  async confirm(_lease: Lease, place: Place, _contents: Contents, writtenAt: number): Promise<boolean> {
    const { clock, fs } = this.#system
    if (leftByUs(this.#system, place.backup) !== undefined)
      await clock.sleep(Math.max(0, writtenAt + READER_MS - clock.now()))
    this.#dropReplaced(place)
    return ifExists(() => fs.lstat(place.path)) !== undefined
  }

  finish(): void {
    return // every change of such a file is one step
  }

  async settle(place: Place): Promise<void> {
    scrubTemp(this.#system, place)
    this.#dropReplaced(place)
  }

  async wipe({ id }: Owner, place: Place): Promise<void> {
    const { fs } = this.#system
    const directory = grantDirectoryOf(place.path, id)
    if (directory === undefined) this.#wipeFile(id, place)
    else wipeGrantDirectory(fs, directory)
    removeEmptyDirectories(fs, place)
  }

  #wipeFile(id: string, place: Place): void {
    const { fs } = this.#system
    scrubTemp(this.#system, place)
    this.#dropReplaced(place)
    if (leftByUs(this.#system, place.path) === undefined) return
    const bytes = readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)
    const isHeldByUs = place.held !== undefined && isHeld(fs, place.held)
    if (isHeldByUs || (place.kind !== 'debris' && isOf(bytes, { id }, place))) takeAway(fs, place)
    else this.#scrubSecrets(place)
  }

  /** A client or the user has written the file anew: it is no longer ours, our secrets in it are. */
  #scrubSecrets({ path, secretHashes }: Place): void {
    const { fs } = this.#system
    const spansOf = (bytes: Buffer) => secretSpans(bytes, (text) => secretHashes.includes(hashOf(text)))
    if (spansOf(readNow(fs, path)?.bytes ?? Buffer.alloc(0)).length > 0) scrubInPlace(fs, path, spansOf)
  }

  #dropReplaced({ path, backup }: Place): void {
    const { fs } = this.#system
    const old = leftByUs(this.#system, backup)
    if (old === undefined) return
    if (ifExists(() => fs.lstat(path))?.ino === old.ino)
      removeFile(fs, backup) // a crash came before the rename
    else scrubAndRemove(fs, backup)
    fs.syncDirectory(dirname(backup))
  }
}

/** Whether these bytes say that they are of this lease: in the words of their sink, or by the common mark. */
const isOf = (bytes: Buffer, { id }: Owner, { held, path }: Pick<Place, 'held' | 'path'>): boolean =>
  held?.path === path ? bytes.includes(held.text) : readOwnMark(bytes)?.lease === id

/** The file that a lease replaces, if there is one; refuses what is not jit's. With `held` the sink has looked. */
function assertFree({ fs, uid }: System, path: string, lease: string, held: Held | undefined): FileStat | undefined {
  const stat = ifExists(() => fs.lstat(path))
  if (stat === undefined) return undefined
  if (stat.kind !== 'file') throw refused(path, 'it is not a regular file', 'Move it away.')
  if (uid !== undefined && stat.uid !== uid)
    throw refused(path, `it belongs to user ${stat.uid}`, 'Run jit as the owner, without sudo.')
  if (grantDirectoryOf(path, lease) !== undefined || held !== undefined) return stat
  if (readOwnMark(readNow(fs, path)?.bytes ?? Buffer.alloc(0)) !== undefined) return stat
  throw new JitError(
    'PROFILE_TAKEN',
    `There already is a file ${path}, and it is not jit's.`,
    'Rename it, or have the target deliver under another profile name.',
  )
}

function assertPrivate({ fs, uid }: System, directory: string): void {
  const stat = fs.lstat(directory)
  if (stat.kind !== 'directory' || (uid !== undefined && (stat.uid !== uid || (stat.mode & 0o077) !== 0)))
    throw refused(directory, 'it is not a private directory', `Remove it: rm -r '${directory}'`)
}

function publish(fs: FileSystem, { path, temp }: Place): void {
  try {
    fs.link(temp, path) // unlike rename, never replaces what somebody else has just made
  } catch (error) {
    if (!NO_LINK.includes(errnoOf(error) ?? '')) throw error
    fs.rename(temp, path)
  }
}

/** The bytes of before keep a name until they are blanked. */
function replace(fs: FileSystem, { path, temp, backup }: Place): void {
  removeFile(fs, backup)
  try {
    fs.link(path, backup)
  } catch (error) {
    if (!NO_LINK.includes(errnoOf(error) ?? '')) throw error
  }
  fs.rename(temp, path)
}

/** Under a name that follows from the lease: blanking it where it lies would blank the mark first. */
export function takeAway(fs: FileSystem, { path, backup }: Pick<Place, 'path' | 'backup'>): void {
  fs.rename(path, backup)
  fs.syncDirectory(dirname(path))
  scrubAndRemove(fs, backup)
  fs.syncDirectory(dirname(path))
}

/** `temp` is a second name of the file itself where a crash came between its two steps. */
function scrubTemp(system: System, { temp }: Place): void {
  if (leftByUs(system, temp) !== undefined) scrubAndRemove(system.fs, temp)
}
