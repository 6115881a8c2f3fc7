import { findBlocks } from '../../base/credentials-block.ts'
import { attempt, createFile, derivedName, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { Place } from '../leases/types.ts'
import { leftByUs, readNow, type System } from './settled.ts'
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

export const hasBlock = (fs: FileSystem, place: Place, lease: string): boolean =>
  findBlocks(readNow(fs, place.path)?.bytes ?? Buffer.alloc(0)).some((block) => block.lease === lease)

/** An append-only directory takes new files and never gives them back: found out with an empty one, before a secret is in it. */
export function assertRemovable(fs: FileSystem, place: Place): void {
  if (!attempt(() => createFile(fs, place.temp, Buffer.alloc(0)))) return // no new files here at all: the file itself is written
  if (!attempt(() => removeFile(fs, place.temp)))
    throw refused(place.path, 'files in its directory cannot be removed again', `See: lsattr -d '${place.path}/..'`)
}

/** An empty file may stay where it cannot be removed. */
export function removeTemp(system: System, place: Place): void {
  try {
    removeFile(system.fs, place.temp)
  } catch (error) {
    if ((leftByUs(system, place.temp)?.size ?? 0) !== 0) throw error
  }
}
