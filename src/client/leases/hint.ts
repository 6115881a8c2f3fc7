import { removeFile, writeAll } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'

/** Replaces a small private file in one step, without waiting for the disk. */
export function replaceHint(fs: FileSystem, file: string, bytes: Buffer): void {
  const temp = `${file}.tmp`
  removeFile(fs, temp)
  const fd = fs.open(temp, 'create', 0o600)
  try {
    writeAll(fs, fd, bytes, 0)
  } finally {
    fs.close(fd)
  }
  fs.rename(temp, file)
}
