import { attempt, createFile, derivedName, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { Place } from '../leases/types.ts'
import { leftByUs, type System } from './settled.ts'
import type { Format } from './formats/types.ts'
import { refused } from './target-path.ts'

/** All names that a lease may use beside its file; they follow from its id, so a sweep finds them after a crash. */
export const namesFor = (path: string, id: string): Pick<Place, 'path' | 'temp' | 'redo' | 'backup'> => ({
  path,
  temp: derivedName(path, id, 'tmp'),
  redo: derivedName(path, id, 'redo'),
  backup: derivedName(path, id, 'bak'),
})

/** Permission bits while a secret is inside: the owner's reading and writing, as far as he had them. */
export const narrowMode = (mode = 0o600): number => mode & 0o600

/** What the work on one file needs to know of its place. */
export type FilePlace = Omit<Place, 'kind' | 'format' | 'cloud'>

/** Permission bits of a file with an entry in it: those of the user, unless it holds a secret. */
export const modeWith = ({ secret }: Format, mode: number | undefined): number =>
  secret || mode === undefined ? narrowMode(mode) : mode

/** An append-only directory takes new files and never gives them back: found out with an empty one, before a secret is in it. */
export function assertRemovable(fs: FileSystem, place: FilePlace): void {
  if (!attempt(() => createFile(fs, place.temp, Buffer.alloc(0)))) return // no new files here at all: the file itself is written
  if (!attempt(() => removeFile(fs, place.temp)))
    throw refused(place.path, 'files in its directory cannot be removed again', `See: lsattr -d '${place.path}/..'`)
}

/** An empty file may stay where it cannot be removed. */
export function removeTemp(system: System, place: FilePlace): void {
  try {
    removeFile(system.fs, place.temp)
  } catch (error) {
    if ((leftByUs(system, place.temp)?.size ?? 0) !== 0) throw error
  }
}
