/** One thing done to a disk. Data and mode of a file, and names in a directory, become durable apart from one another. */
export type Operation =
  | { readonly do: 'write'; readonly inode: number; readonly at: number; readonly bytes: Buffer }
  | { readonly do: 'truncate'; readonly inode: number; readonly length: number }
  | { readonly do: 'mode'; readonly inode: number; readonly mode: number }
  | { readonly do: 'name'; readonly directory: number; readonly name: string; readonly inode: number }
  | { readonly do: 'unname'; readonly directory: number; readonly name: string }
  | {
      readonly do: 'rename'
      readonly directory: number
      readonly from: string
      readonly to: string
      readonly inode: number
    }

export type Inode = {
  readonly kind: 'file' | 'directory'
  bytes: Buffer
  mode: number
  mtimeNs: bigint
  readonly names: Map<string, number>
}

export const ROOT = 0

/** A disk at one moment: inodes, and the names that lead to them. */
export class Disk {
  readonly inodes: Map<number, Inode>

  constructor(inodes: ReadonlyMap<number, Inode> = new Map([[ROOT, newInode('directory', 0o755, 0n)]])) {
    this.inodes = new Map([...inodes].map(([number, inode]) => [number, { ...inode, names: new Map(inode.names) }]))
  }

  inode(number: number): Inode {
    const inode = this.inodes.get(number)
    if (inode === undefined) throw new RangeError(`no inode ${number}`)
    return inode
  }

  apply(operation: Operation, timeNs: bigint): void {
    if ('inode' in operation && operation.do !== 'name' && operation.do !== 'rename')
      change(this.inode(operation.inode), operation, timeNs)
    else if ('directory' in operation) rename(this.inode(operation.directory).names, operation)
  }

  /** Everything that a path leads to. */
  *paths(at = ROOT, path = ''): Iterable<readonly [path: string, inode: Inode]> {
    for (const [name, number] of [...this.inode(at).names].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      yield [`${path}/${name}`, this.inode(number)]
      yield* this.paths(number, `${path}/${name}`)
    }
  }

  links(number: number): number {
    let links = 0
    for (const { names } of this.inodes.values()) for (const inode of names.values()) if (inode === number) links++
    return links
  }
}

export const newInode = (kind: Inode['kind'], mode: number, mtimeNs: bigint): Inode => ({
  kind,
  bytes: Buffer.alloc(0),
  mode,
  mtimeNs,
  names: new Map(),
})

function change(inode: Inode, operation: Operation, timeNs: bigint): void {
  if (operation.do === 'mode') inode.mode = operation.mode
  if (operation.do === 'truncate') inode.bytes = resized(inode.bytes, operation.length)
  if (operation.do === 'write') {
    const end = operation.at + operation.bytes.length
    inode.bytes = resized(inode.bytes, Math.max(end, inode.bytes.length))
    operation.bytes.copy(inode.bytes, operation.at)
  }
  if (operation.do !== 'mode') inode.mtimeNs = timeNs
}

/** Always a copy: disks share the bytes they were made from. */
const resized = (bytes: Buffer, length: number): Buffer =>
  Buffer.concat([bytes.subarray(0, length), Buffer.alloc(Math.max(0, length - bytes.length))])

function rename(names: Map<string, number>, operation: Operation): void {
  if (operation.do === 'unname') names.delete(operation.name)
  if (operation.do === 'name') names.set(operation.name, operation.inode)
  if (operation.do === 'rename') {
    if (names.get(operation.from) === operation.inode) names.delete(operation.from)
    names.set(operation.to, operation.inode)
  }
}
