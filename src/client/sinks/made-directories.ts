import { dirname } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { ifExists } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { FilePlace } from './place.ts'

/** Removes the directories that jit made for a place, as far as nothing else lies in them, and makes all removals durable. */
export function removeEmptyDirectories(fs: FileSystem, { path, madeDirectories }: FilePlace): void {
  ifExists(() => fs.syncDirectory(dirname(path)))
  for (const directory of madeDirectories) removeEmptyDirectory(fs, directory)
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
