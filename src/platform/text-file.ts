import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { makeDirectories } from './durable.ts'
import { nodeFileSystem } from './files.ts'

const NOFOLLOW = constants.O_NOFOLLOW ?? 0 // absent on Windows

export const readTextFile = (path: string): string => readFileSync(path, 'utf8')

/** Text of a plain file of at most `maxBytes`; `undefined` for all else. Follows links, as Kubernetes' mounted files are. */
export function readSmallTextFile(path: string, maxBytes: number): string | undefined {
  try {
    const stat = statSync(path)
    return stat.isFile() && stat.size <= maxBytes ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

/** Writes a file that is not there yet; a file or link of that name is an error (`EEXIST`). Makes its directories, for everybody to read. */
export function writeNewTextFile(path: string, text: string, mode: number): void {
  makeDirectories(nodeFileSystem, dirname(path), 0o755)
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, mode)
  try {
    fchmodSync(fd, mode) // whatever the umask took away
    writeFileSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Replaces a file in one step: readers see the old text or the new, a crash leaves one of them. */
export function replaceTextFile(path: string, text: string, mode: number): void {
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeNewTextFile(temp, text, mode)
    renameSync(temp, path)
  } catch (error) {
    rmSync(temp, { force: true })
    throw error
  }
}
