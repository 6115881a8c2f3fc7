import { closeSync, constants, fchmodSync, fchownSync, fstatSync, fsyncSync, ftruncateSync } from 'node:fs'
import { linkSync, lstatSync, mkdirSync, openSync, readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs'
import { type BigIntStats, renameSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs'

export type FileStat = {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  readonly dev: bigint
  readonly ino: bigint
  readonly size: number
  /** Permission bits only, e.g. 0o600. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly nlink: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** How a file is opened. No way of opening follows a symbolic link in the last part of the path. */
export type OpenFor = 'read' | 'read-write' | 'create'

/**
 * Every file-system call that writing and wiping make, one by one and synchronous, so that a test can put a fault before,
 * after or into each of them. Failures are node's errno errors (`error.code`).
 */
export interface FileSystem {
  /** `create` is O_CREAT|O_EXCL: it fails where the name exists. */
  readonly open: (path: string, how: OpenFor, mode?: number) => number
  readonly close: (fd: number) => void
  readonly read: (fd: number, buffer: Buffer, offset: number, length: number, position: number) => number
  readonly write: (fd: number, buffer: Buffer, offset: number, length: number, position: number) => number
  readonly fsync: (fd: number) => void
  readonly ftruncate: (fd: number, length: number) => void
  readonly fchmod: (fd: number, mode: number) => void
  readonly fchown: (fd: number, uid: number, gid: number) => void
  readonly fstat: (fd: number) => FileStat
  readonly stat: (path: string) => FileStat
  readonly lstat: (path: string) => FileStat
  readonly rename: (from: string, to: string) => void
  readonly link: (existing: string, name: string) => void
  readonly unlink: (path: string) => void
  readonly readdir: (path: string) => readonly string[]
  readonly mkdir: (path: string, mode: number) => void
  readonly rmdir: (path: string) => void
  readonly realpath: (path: string) => string
  readonly readlink: (path: string) => string
  /** Makes names created, renamed or removed in `path` durable. Nothing to do on Windows, which cannot open directories. */
  readonly syncDirectory: (path: string) => void
}

const NOFOLLOW = constants.O_NOFOLLOW ?? 0 // absent on Windows
const NONBLOCK = constants.O_NONBLOCK ?? 0 // a named pipe in place of a file would keep us waiting for ever
const FLAGS: Readonly<Record<OpenFor, number>> = {
  read: constants.O_RDONLY | NOFOLLOW | NONBLOCK,
  'read-write': constants.O_RDWR | NOFOLLOW,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NOFOLLOW,
}

export const nodeFileSystem: FileSystem = {
  open: (path, how, mode) => assertNoPipe(openSync(path, FLAGS[how], mode), path),
  close: closeSync,
  read: (fd, buffer, offset, length, position) => readSync(fd, buffer, offset, length, position),
  write: (fd, buffer, offset, length, position) => writeSync(fd, buffer, offset, length, position),
  fsync: fsyncSync,
  ftruncate: ftruncateSync,
  fchmod: fchmodSync,
  fchown: fchownSync,
  fstat: (fd) => fileStat(fstatSync(fd, { bigint: true })),
  stat: (path) => fileStat(statSync(path, { bigint: true })),
  lstat: (path) => fileStat(lstatSync(path, { bigint: true })),
  rename: renameSync,
  link: linkSync,
  unlink: unlinkSync,
  readdir: (path) => readdirSync(path),
  mkdir: (path, mode) => mkdirSync(path, mode),
  rmdir: rmdirSync,
  realpath: (path) => realpathSync(path),
  readlink: (path) => readlinkSync(path),
  syncDirectory: (path) => {
    if (process.platform === 'win32') return
    const fd = openSync(path, constants.O_RDONLY)
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  },
}

/** A pipe reads as an empty file where nobody writes to it: what lay in the file that it has displaced would be taken for gone. */
function assertNoPipe(fd: number, path: string): number {
  if (!fstatSync(fd).isFIFO()) return fd
  closeSync(fd)
  const error = new Error(`EINVAL: a named pipe lies there, open '${path}'`)
  throw Object.assign(error, { code: 'EINVAL', syscall: 'open', path })
}

function fileStat(of: BigIntStats): FileStat {
  const kind = of.isFile() ? 'file' : of.isDirectory() ? 'directory' : of.isSymbolicLink() ? 'symlink' : 'other'
  return {
    kind,
    dev: of.dev,
    ino: of.ino,
    size: Number(of.size),
    mode: Number(of.mode & 0o7777n),
    uid: Number(of.uid),
    gid: Number(of.gid),
    nlink: Number(of.nlink),
    mtimeNs: of.mtimeNs,
    ctimeNs: of.ctimeNs,
  }
}
