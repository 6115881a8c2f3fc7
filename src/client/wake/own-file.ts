import { dirname } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { makeDirectories, readFile, removeFile, replaceFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'

/** By these words a file is ours. No `--` in them: they stand in a comment of XML too. */
export const MARK = 'Made by jit, which replaces and removes it.'

/** What we wrote there, or `undefined` where there is nothing. Throws `FILE_REFUSED` for a file or link that is not ours. */
export function readOwn(fs: FileSystem, path: string): string | undefined {
  const text = asOurs(path, () => readFile(fs, path)?.toString('utf8'))
  if (text === undefined || text.slice(0, 500).includes(MARK)) return text
  throw foreign(path, 'it is not of jit')
}

/** Replaces what is ours there, in one step; private. Returns what was there. */
export function putOwn(fs: FileSystem, path: string, text: string): string | undefined {
  const before = readOwn(fs, path)
  if (before === text) return before
  asOurs(path, () => {
    makeDirectories(fs, dirname(path))
    replaceFile(fs, path, `${path}.jit.tmp`, Buffer.from(text))
  })
  return before
}

/** Whether there was something of ours. What is not ours stays. */
export function removeOwn(fs: FileSystem, path: string): boolean {
  try {
    if (readOwn(fs, path) === undefined) return false
  } catch (error) {
    if (error instanceof JitError && error.code === 'FILE_REFUSED') return false
    throw error
  }
  return asOurs(path, () => removeFile(fs, path))
}

function asOurs<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    const code = errnoOf(error)
    if (code === undefined) throw error
    if (code === 'ELOOP' || code === 'EISDIR') throw foreign(path, 'it is no file')
    throw new JitError('WRITE_FAILED', `${path} cannot be used (${code}).`, 'Check disk space, owner and rights.', {
      cause: error,
    })
  }
}

const foreign = (path: string, why: string): JitError =>
  new JitError('FILE_REFUSED', `jit leaves ${path} alone: ${why}.`, 'Move it away, then type: jit doctor --fix')
