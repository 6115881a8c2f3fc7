import { join } from 'node:path'
import { errnoOf } from '../../base/errno.ts'
import { ifExists, readFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { lastHeard } from './heard.ts'
import { isHeldBy } from './holder.ts'
import { isReadable, parseLease } from './journal.ts'
import type { Lease, UnreadableLease } from './types.ts'

export const LEASE_SUFFIX = '.lease'

/** Where the entries lie; `root`: see `LeasingDeps`. */
export const leaseDirectory = (root: string): string => join(root, 'leases')

/** Sorted by end. Strict ones with when their endpoint last answered for their holder. */
export function readLeases(fs: FileSystem, root: string): readonly Lease[] {
  const leases = entries(fs, root)
    .filter(isReadable)
    .toSorted((a, b) => a.endsAt - b.endsAt)
  if (!leases.some(({ channel }) => channel === 'strict')) return leases
  const heard = lastHeard(fs, root)
  return leases.map((lease) =>
    lease.channel === 'strict' && heard !== undefined && isHeldBy(lease, heard) ? { ...lease, heard } : lease,
  )
}

export const unreadableLeases = (fs: FileSystem, root: string): readonly UnreadableLease[] =>
  entries(fs, root).flatMap((entry) => (isReadable(entry) ? [] : [entry]))

export const entryNames = (fs: FileSystem, root: string): readonly string[] =>
  ifExists(() => fs.readdir(leaseDirectory(root))) ?? []

function entries(fs: FileSystem, root: string): readonly (Lease | UnreadableLease)[] {
  return entryNames(fs, root)
    .filter((name) => name.endsWith(LEASE_SUFFIX))
    .flatMap((name) => {
      const file = join(leaseDirectory(root), name)
      return entry(fs, name.slice(0, -LEASE_SUFFIX.length), file) ?? []
    })
}

/** Another user's, or no file at all. It stays where it is: what it stands for cannot be known, and must not keep others alive. */
const NOT_OURS = ['EACCES', 'EPERM', 'EISDIR', 'ELOOP', 'EINVAL']

function entry(fs: FileSystem, id: string, file: string): Lease | UnreadableLease | undefined {
  try {
    const bytes = readFile(fs, file) // gone: ended by another process since we listed
    return bytes && parseLease(id, file, bytes)
  } catch (error) {
    const code = errnoOf(error) ?? ''
    if (!NOT_OURS.includes(code)) throw error // it may pass
    return { id, file, why: `it cannot be opened (${code})`, paths: [], newer: true }
  }
}
