import { dirname } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { makeDirectories, missingDirectories, readFile } from '../../platform/durable.ts'
import type { Lease, Place } from '../leases/types.ts'
import { removeStaleLock, whileLocked } from './client-lock.ts'
import type { Intent, PlannedFile } from './clouds/types.ts'
import { displaced, settleDisplaced, watchDisplaced } from './displaced.ts'
import { replaceBytes } from './replace-bytes.ts'
import type { Format, FormatName, NewEntry, Wanted } from './formats/types.ts'
import { finishRewrite, rewriteInPlace } from './in-place.ts'
import { assertRemovable, modeWith, namesFor } from './place.ts'
import { type FormatSystem, readNow, readSettled, type Snapshot, type System } from './settled.ts'
import { assertWritableAndWipable, resolveTarget } from './target-path.ts'
import type { Contents, Engine, Owner, PlannedPlace } from './types.ts'
import { wipeEntry } from './wipe-entry.ts'

/** The code of each format, loaded when a file needs it. */
export type Formats = Readonly<Partial<Record<FormatName, () => Promise<Format>>>>

export function loadFormat(formats: Formats, name: FormatName): Promise<Format> {
  const load = formats[name]
  if (load === undefined) throw new Error(`This jit does not know files of the kind ${name}.`)
  return load()
}

const ROUNDS = 20
/** The directory or the mount does not let us replace the file, though the file itself can be written. */
const REPLACING_REFUSED = ['EBUSY', 'EPERM', 'EACCES']

/**
 * An entry in a file of the user's. The file is shared with clients, editors and scripts, hardly any of which take a lock: see
 * settled.ts, replace-bytes.ts and displaced.ts for how nobody's bytes are lost.
 */
export class SharedFile implements Engine {
  readonly #system: System
  readonly #formats: Formats

  constructor(system: System, formats: Formats) {
    this.#system = system
    this.#formats = formats
  }

  async plan(file: PlannedFile, { lease, profile, asDefault }: Intent): Promise<PlannedPlace> {
    if (file.kind !== 'entry') throw new Error(`${file.path} takes no entry.`)
    const { fs, uid } = this.#system
    const path = resolveTarget(fs, file.path)
    const stat = assertWritableAndWipable(fs, path, uid)
    const format = await loadFormat(this.#formats, file.format)
    const wanted: Wanted = { profile, asDefault, ...(file.wanted === undefined ? {} : { content: file.wanted }) }
    format.check(path, readFile(fs, path) ?? Buffer.alloc(0), wanted)
    return {
      kind: file.kind,
      format: file.format,
      profile,
      ...namesFor(path, lease),
      existed: stat !== undefined,
      ...(stat === undefined ? {} : { mode: stat.mode }),
      madeDirectories: missingDirectories(fs, dirname(path)),
    }
  }

  async write(lease: Lease, place: Place, contents: Contents): Promise<void> {
    const system = await this.#at(place)
    makeDirectories(system.fs, dirname(place.path))
    assertRemovable(system.fs, place)
    await whileLocked(system, place.path, () => insert(system, place, entryOf(lease, place, contents), contents))
  }

  async confirm(lease: Lease, place: Place, contents: Contents, writtenAt: number): Promise<boolean> {
    const system = await this.#at(place)
    await watchDisplaced(system, place, writtenAt)
    if (displaced(system, place) !== undefined)
      await whileLocked(system, place.path, () => settleDisplaced(system, place))
    return isIn(system, place, entryOf(lease, place, contents), contents)
  }

  finish(place: Place): void {
    finishRewrite(this.#system, place)
  }

  async settle(place: Place): Promise<void> {
    const system = await this.#at(place)
    const lock = system.format.lockFile?.(place.path)
    if (lock !== undefined) removeStaleLock(system, lock)
    if (displaced(system, place) !== undefined)
      await whileLocked(system, place.path, () => settleDisplaced(system, place))
  }

  async wipe(owner: Owner, place: Place): Promise<void> {
    await wipeEntry(await this.#at(place), owner, place)
  }

  async #at({ format, path }: Place): Promise<FormatSystem> {
    if (format === undefined) throw new Error(`The lease does not say what kind of file ${path} is.`)
    return { ...this.#system, format: await loadFormat(this.#formats, format) }
  }
}

const entryOf = ({ id, endsAt }: Lease, { profile }: Place, { content }: Contents): NewEntry => ({
  lease: id,
  profile,
  expiresAt: Math.ceil(endsAt / 1000),
  content,
})

async function insert(system: FormatSystem, place: Place, entry: NewEntry, contents: Contents): Promise<void> {
  const { format } = system
  const wanted: Wanted = { profile: place.profile, ...contents.wanted }
  for (let round = 0; round < ROUNDS; round++) {
    await settleDisplaced(system, place)
    const base = await readSettled(system, place.path)
    const before = base?.bytes ?? Buffer.alloc(0)
    format.check(place.path, before, wanted)
    const next = format.insert(before, entry)
    const mode = modeWith(format, base?.stat.mode)
    if (next.equals(before) && (base === undefined || base.stat.mode === mode)) return
    format.check(place.path, next, wanted)
    if (put(system, place, base, next, mode) === 'done' && isIn(system, place, entry, contents)) return
  }
  throw new JitError('WRITE_FAILED', `Another program keeps replacing ${place.path}.`, 'Try again when it is done.')
}

function put(
  { fs }: FormatSystem,
  place: Place,
  base: Snapshot | undefined,
  next: Buffer,
  mode: number,
): 'done' | 'moved' {
  if (base !== undefined && base.stat.nlink > 1) {
    rewriteInPlace(fs, place, base, next, mode)
    return 'done'
  }
  try {
    return replaceBytes(fs, place, base, next, mode)
  } catch (error) {
    if (base === undefined || !REPLACING_REFUSED.includes(errnoOf(error) ?? '')) throw error
    rewriteInPlace(fs, place, base, next, mode)
    return 'done'
  }
}

/** Whether these very contents lie in the file, and not those of an earlier slice that somebody else wrote back. */
function isIn({ fs, format }: FormatSystem, place: Place, entry: NewEntry, { secrets }: Contents): boolean {
  const bytes = readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)
  const isFound = format.find(bytes).some(({ lease }) => lease === entry.lease)
  const isFresh = secrets.length === 0 || format.holdsSecret(bytes, (text) => secrets.includes(text))
  return (isFound && isFresh) || format.insert(bytes, entry).equals(bytes)
}
