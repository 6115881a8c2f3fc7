import { basename, dirname } from 'node:path'
import type { FileStat, FileSystem, OpenFor } from '../../src/platform/files.ts'
import { Disk, type Inode, newInode, type Operation, ROOT } from './disk.ts'

/** An operation, when it was done, and when it became durable. */
export type Logged = { readonly operation: Operation; readonly at: number; readonly timeNs: bigint; durableAt: number }

/**
 * A file system in memory that remembers what a power loss could take back: what was done to a file is durable after `fsync`
 * of that file, a name after `syncDirectory` of its directory, and until then in no order at all (ALICE, OSDI 2014).
 */
export class VolatileFiles implements FileSystem {
  readonly start: Disk
  readonly disk: Disk
  readonly log: Logged[] = []
  /** Moments so far; a power loss may come after each. */
  moment = 0
  readonly #now: () => number
  readonly #open = new Map<number, number>()
  #next: number

  constructor(start: Disk, now: () => number) {
    this.start = start
    this.disk = new Disk(start.inodes)
    this.#now = now
    this.#next = Math.max(...start.inodes.keys()) + 1
  }

  readonly open = (path: string, how: OpenFor, mode = 0o600): number => {
    const found = this.#find(path)
    if (how === 'create') {
      if (found !== undefined) throw errno('EEXIST', path)
      this.#make(path, 'file', mode)
    } else if (found === undefined) throw errno('ENOENT', path)
    const fd = 100 + this.#next++
    this.#open.set(fd, this.#number(path))
    return fd
  }
  readonly close = (fd: number): void => void this.#open.delete(fd)
  readonly read = (fd: number, buffer: Buffer, offset: number, length: number, position: number): number =>
    this.disk.inode(this.inodeOf(fd)).bytes.copy(buffer, offset, position, position + length)
  readonly write = (fd: number, buffer: Buffer, offset: number, length: number, position: number): number => {
    const bytes = Buffer.from(buffer.subarray(offset, offset + length))
    this.#do({ do: 'write', inode: this.inodeOf(fd), at: position, bytes })
    return length
  }
  readonly fsync = (fd: number): void => this.syncInode(this.inodeOf(fd))
  readonly ftruncate = (fd: number, length: number): void =>
    this.#do({ do: 'truncate', inode: this.inodeOf(fd), length })
  readonly fchmod = (fd: number, mode: number): void => this.#do({ do: 'mode', inode: this.inodeOf(fd), mode })
  readonly fchown = (): void => undefined
  readonly fstat = (fd: number): FileStat => this.#stat(this.inodeOf(fd))
  readonly stat = (path: string): FileStat => this.#stat(this.#number(path))
  readonly lstat = (path: string): FileStat => this.#stat(this.#number(path))
  readonly rename = (from: string, to: string): void => {
    const inode = this.#number(from)
    if (this.#find(to) === inode) return // POSIX: two names of one file stay both
    this.#do({ do: 'rename', directory: this.#number(dirname(from)), from: basename(from), to: basename(to), inode })
  }
  readonly link = (existing: string, name: string): void => {
    const inode = this.#number(existing)
    if (this.#find(name) !== undefined) throw errno('EEXIST', name)
    this.#do({ do: 'name', directory: this.#number(dirname(name)), name: basename(name), inode })
  }
  readonly unlink = (path: string): void => {
    this.#number(path)
    this.#do({ do: 'unname', directory: this.#number(dirname(path)), name: basename(path) })
  }
  readonly readdir = (path: string): readonly string[] =>
    [...this.disk.inode(this.#number(path)).names.keys()].toSorted()
  readonly mkdir = (path: string, mode: number): void => {
    if (this.#find(path) !== undefined) throw errno('EEXIST', path)
    this.#make(path, 'directory', mode)
  }
  readonly rmdir = (path: string): void => {
    if (this.readdir(path).length > 0) throw errno('ENOTEMPTY', path)
    this.unlink(path)
  }
  readonly realpath = (path: string): string => (this.#number(path), path)
  readonly readlink = (path: string): string => {
    throw errno('EINVAL', path)
  }
  readonly syncDirectory = (path: string): void => {
    const directory = this.#number(path)
    this.#settle((operation) => 'directory' in operation && operation.directory === directory)
  }

  /** The same files with some calls exchanged. */
  with(calls: Partial<FileSystem>): FileSystem {
    return Object.assign({}, this, calls)
  }

  inodeOf(fd: number): number {
    const inode = this.#open.get(fd)
    if (inode === undefined) throw errno('EBADF', `descriptor ${fd}`)
    return inode
  }

  syncInode(inode: number): void {
    this.#settle((operation) => !('directory' in operation) && operation.inode === inode)
  }

  #settle(isCovered: (operation: Operation) => boolean): void {
    this.moment++
    for (const each of this.log)
      if (each.durableAt > this.moment && isCovered(each.operation)) each.durableAt = this.moment
  }

  #do(operation: Operation): void {
    const at = ++this.moment
    const timeNs = this.#timeNs()
    this.log.push({ operation, at, timeNs, durableAt: Number.POSITIVE_INFINITY })
    this.disk.apply(operation, timeNs)
  }

  #make(path: string, kind: Inode['kind'], mode: number): void {
    const directory = this.#number(dirname(path))
    const inode = this.#next++
    for (const disk of [this.start, this.disk]) disk.inodes.set(inode, newInode(kind, mode, this.#timeNs()))
    this.#do({ do: 'name', directory, name: basename(path), inode })
  }

  #timeNs(): bigint {
    return BigInt(Math.round(this.#now() * 1e6)) + BigInt(this.moment)
  }

  #number(path: string): number {
    const number = this.#find(path)
    if (number === undefined) throw errno('ENOENT', path)
    return number
  }

  #find(path: string): number | undefined {
    let at: number | undefined = ROOT
    for (const name of path.split('/').filter((part) => part !== ''))
      at = at === undefined ? undefined : this.disk.inode(at).names.get(name)
    return at
  }

  #stat(number: number): FileStat {
    const { kind, bytes, mode, mtimeNs } = this.disk.inode(number)
    const nlink = this.disk.links(number)
    const time = { mtimeNs, ctimeNs: mtimeNs + BigInt(nlink * 1024 + mode) * 1_000_000_000_000n }
    return { kind, dev: 1n, ino: BigInt(number), size: bytes.length, mode, uid: 0, gid: 0, nlink, ...time }
  }
}

const errno = (code: string, what: string): Error =>
  Object.assign(new Error(`${code}: ${what}`), { code, syscall: 'sim' })
