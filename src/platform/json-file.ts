import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** The file holds something that is no JSON: torn, or not written by this program. */
export class NotJson extends Error {
  constructor(path: string, options?: ErrorOptions) {
    super(`${path} holds no JSON`, options)
    this.name = 'NotJson'
  }
}

/** Nothing that this program keeps as JSON is near it. */
const MAX_BYTES = 1 << 20
const NOFOLLOW = constants.O_NOFOLLOW ?? 0 // absent on Windows

/** Parsed content, or `undefined` where there is no file. Throws {@link NotJson}, and system errors as they are. */
export function readJsonFile(path: string): unknown {
  const bytes = readBytes(path)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new NotJson(path, { cause })
  }
}

function readBytes(path: string): Buffer | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | NOFOLLOW)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > MAX_BYTES) throw new NotJson(path)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Replaces the file in one step, durably: a crash leaves the old content or the new. 0600, in a directory made with 0700. */
export function writeJsonFile(path: string, value: unknown): void {
  const directory = dirname(path)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeNew(temp, `${JSON.stringify(value)}\n`)
    renameSync(temp, path)
  } catch (error) {
    rmSync(temp, { force: true })
    throw error
  }
  syncDirectory(directory)
}

function writeNew(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, 0o600)
  try {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Deleting what is not there is no error. */
export function removeJsonFile(path: string): void {
  try {
    rmSync(path)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  syncDirectory(dirname(path))
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return // no handle on a directory there; NTFS journals the rename itself
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
