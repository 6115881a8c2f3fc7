import { dirname } from 'node:path'
import { createFile, derivedName, ifExists, makeDirectories, readFile, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { readOwnMark } from './own-mark.ts'
import { resolveTarget } from './target-path.ts'

/** A planned `pointer` or `debris` (clouds/types.ts), as the journal remembers it. */
export type Companion = { readonly path: string; readonly beside: string }
export type Pointer = Companion & { readonly profile: string; readonly before?: string }

/** Lets the file name ours. Durable when it returns; the file keeps its mode. */
export function writePointer(
  fs: FileSystem,
  { path, profile }: Pick<Pointer, 'path' | 'profile'>,
  lease: string,
): void {
  makeDirectories(fs, dirname(path))
  replace(fs, path, lease, profile)
}

/** Gives the name of before back where the file says ours and nobody else's lease needs it. Can be repeated at any point. */
export function wipePointer(fs: FileSystem, { path, beside, profile, before }: Pointer, lease: string): void {
  const target = resolveTarget(fs, path)
  removeFile(fs, derivedName(target, lease, 'tmp'))
  if (belongsToAnother(fs, beside, lease) || textIn(fs, target)?.trim() !== profile) return
  if (before !== undefined) return replace(fs, path, lease, before)
  removeFile(fs, target)
  fs.syncDirectory(dirname(target))
}

/** Removes what the client has left beside a file of ours, where nobody else's lease needs it. */
export function wipeDebris(fs: FileSystem, { path, beside }: Companion, lease: string): void {
  if (!belongsToAnother(fs, beside, lease) && removeFile(fs, path)) fs.syncDirectory(dirname(path))
}

/** A later lease has taken the name over, or the user has since made a file of this name himself. */
function belongsToAnother(fs: FileSystem, beside: string, lease: string): boolean {
  const bytes = ifExists(() => readFile(fs, fs.realpath(beside)))
  return bytes !== undefined && readOwnMark(bytes)?.lease !== lease
}

const textIn = (fs: FileSystem, path: string): string | undefined => readFile(fs, path)?.toString('latin1')

function replace(fs: FileSystem, path: string, lease: string, name: string): void {
  const target = resolveTarget(fs, path)
  const temp = derivedName(target, lease, 'tmp')
  const mode = ifExists(() => fs.stat(target))?.mode
  createFile(fs, temp, Buffer.from(name), (fd) => mode === undefined || fs.fchmod(fd, mode))
  fs.rename(temp, target)
  fs.syncDirectory(dirname(target))
}
