import { dirname } from 'node:path'
import { createFile, derivedName, ifExists, makeDirectories, readFile, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { Held, PlannedFile } from './clouds/types.ts'
import { resolveTarget } from './target-path.ts'

type Pointer = Extract<PlannedFile, { readonly kind: 'pointer' }>

/** Lets the file name ours. Durable when it returns; the file keeps its mode. */
export function writePointer(fs: FileSystem, { path, names }: Pointer, lease: string): void {
  makeDirectories(fs, dirname(path))
  replace(fs, path, lease, names)
}

/**
 * Gives the name of before back where the file says ours and is still held by this lease. The caller does this before it removes
 * what the name means. Can be repeated at any point. Says whether there was something to do.
 */
export function wipePointer(fs: FileSystem, { path, names, before, held }: Pointer, lease: string): boolean {
  ifExists(() => removeFile(fs, derivedName(resolveTarget(fs, path), lease, 'tmp')))
  if (!isHeld(fs, held) || textIn(fs, path)?.trim() !== names) return false
  if (before !== undefined) replace(fs, path, lease, before)
  else {
    removeFile(fs, path)
    fs.syncDirectory(dirname(path))
  }
  return true
}

/** Whether a file of this name is still this lease's. */
export const isHeld = (fs: FileSystem, { path, text }: Held): boolean => textIn(fs, path)?.includes(text) === true

const textIn = (fs: FileSystem, path: string): string | undefined =>
  ifExists(() => readFile(fs, resolveTarget(fs, path)))?.toString('utf8')

function replace(fs: FileSystem, path: string, lease: string, name: string): void {
  const target = resolveTarget(fs, path)
  const temp = derivedName(target, lease, 'tmp')
  const mode = ifExists(() => fs.stat(target))?.mode
  createFile(fs, temp, Buffer.from(name), (fd) => mode === undefined || fs.fchmod(fd, mode))
  fs.rename(temp, target)
  fs.syncDirectory(dirname(target))
}
