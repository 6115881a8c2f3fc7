import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { attempt, ifExists, makeDirectories, readOpen, removeFile, replaceFile, withFile } from './durable.ts'
import { nodeFileSystem } from './files.ts'

/** The file holds something that is no JSON: torn, or not written by this program. */
class NotJson extends Error {
  constructor(path: string, options?: ErrorOptions) {
    super(`${path} holds no JSON`, options)
    this.name = 'NotJson'
  }
}

/** Nothing that this program keeps as JSON is near it. */
const MAX_BYTES = 1 << 20

/** Parsed content, or `undefined` where there is no file. Throws {@link NotJson}, and system errors as they are. */
export function readJsonFile(path: string): unknown {
  const bytes = ifExists(() => withFile(nodeFileSystem, path, 'read', (fd) => readSmall(path, fd)))
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new NotJson(path, { cause })
  }
}

function readSmall(path: string, fd: number): Buffer {
  const { kind, size } = nodeFileSystem.fstat(fd)
  if (kind !== 'file' || size > MAX_BYTES) throw new NotJson(path)
  return readOpen(nodeFileSystem, fd).bytes
}

/** Replaces the file in one step, durably: a crash leaves the old content or the new. 0600, in a directory made with 0700. */
export function writeJsonFile(path: string, value: unknown): void {
  makeDirectories(nodeFileSystem, dirname(path))
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    replaceFile(nodeFileSystem, path, temp, Buffer.from(`${JSON.stringify(value)}\n`))
  } catch (error) {
    attempt(() => removeFile(nodeFileSystem, temp))
    throw error
  }
}

/** Deleting what is not there is no error. */
export function removeJsonFile(path: string): void {
  if (removeFile(nodeFileSystem, path)) nodeFileSystem.syncDirectory(dirname(path))
}
