import { dirname } from 'node:path'
import {
  createFile,
  ifExists,
  makeDirectories,
  missingDirectories,
  readFile,
  removeFile,
} from '../../platform/durable.ts'
import type { Lease, Place } from '../leases/types.ts'
import type { Intent, PlannedFile } from './clouds/types.ts'
import { isHeld } from './held.ts'
import { removeEmptyDirectories } from './made-directories.ts'
import { namesFor } from './place.ts'
import type { System } from './settled.ts'
import { assertWritableAndWipable, resolveTarget } from './target-path.ts'
import type { Contents, Engine, Owner, PlannedPlace } from './types.ts'

/**
 * A file of the user's that holds nothing but the name of what is in use. The wipe gives it the name of before where it says ours,
 * whoever wrote that, and leaves it alone where it says anything else.
 */
export class Pointer implements Engine {
  readonly #system: System

  constructor(system: System) {
    this.#system = system
  }

  async plan(file: PlannedFile, { lease, profile }: Intent): Promise<PlannedPlace> {
    if (file.kind !== 'pointer') throw new Error(`${file.path} is no pointer.`)
    const { fs, uid } = this.#system
    const path = resolveTarget(fs, file.path)
    const stat = assertWritableAndWipable(fs, path, uid)
    const { kind, held, names, before } = file
    return {
      kind,
      held,
      names,
      ...(before === undefined ? {} : { before }),
      profile,
      ...namesFor(path, lease),
      existed: stat !== undefined,
      ...(stat === undefined ? {} : { mode: stat.mode }),
      madeDirectories: missingDirectories(fs, dirname(path)),
    }
  }

  async write(_lease: Lease, place: Place, { content }: Contents): Promise<void> {
    makeDirectories(this.#system.fs, dirname(place.path))
    if (this.#text(place) !== content) this.#replace(place, content)
  }

  async confirm(): Promise<boolean> {
    return true
  }

  finish(): void {
    return // every change is one step
  }

  async settle(place: Place): Promise<void> {
    removeFile(this.#system.fs, place.temp)
  }

  async wipe(_owner: Owner, place: Place): Promise<void> {
    const { fs } = this.#system
    removeFile(fs, place.temp)
    if (this.#text(place)?.trim() === place.names && (place.held === undefined || isHeld(fs, place.held))) {
      if (place.before === undefined) removeFile(fs, place.path)
      else this.#replace(place, place.before)
    }
    removeEmptyDirectories(fs, place)
  }

  #text({ path }: Place): string | undefined {
    return ifExists(() => readFile(this.#system.fs, path))?.toString('utf8')
  }

  /** Keeps the file's mode. */
  #replace({ path, temp }: Place, text: string): void {
    const { fs } = this.#system
    const mode = ifExists(() => fs.stat(path))?.mode ?? 0o600
    createFile(fs, temp, Buffer.from(text), (fd) => fs.fchmod(fd, mode))
    fs.rename(temp, path)
    fs.syncDirectory(dirname(path))
  }
}
