import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isMissing } from '../base/errno.ts'

export type DirectoryFacts = {
  /** Absent: nothing is there yet, and the rest speaks of the nearest directory above. */
  readonly own?: { readonly mode: number; readonly uid: number; readonly isDirectory: boolean }
  readonly isWritable: boolean
  /** Name of a network file system, where the system says so (Linux). */
  readonly network?: string
}

/** `f_type` of statfs(2), linux/magic.h. */
const NETWORK: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'SMB',
  0xfe534d42: 'SMB',
  0x5346414f: 'AFS',
  0x0bd00bd0: 'Lustre',
  0x00c36400: 'Ceph',
  0x47504653: 'GPFS',
  0x01021997: '9P',
}

/** Throws system errors as they are. */
export function directoryFacts(path: string, platform: NodeJS.Platform): DirectoryFacts {
  const stat = statSync(path, { throwIfNoEntry: false })
  const there = stat === undefined ? nearest(path) : path
  const network = platform === 'linux' ? NETWORK[statfsSync(there).type >>> 0] : undefined
  return {
    isWritable: isWritable(there),
    ...(network === undefined ? {} : { network }),
    ...(stat === undefined
      ? {}
      : { own: { mode: stat.mode & 0o7777, uid: stat.uid, isDirectory: stat.isDirectory() } }),
  }
}

function nearest(path: string): string {
  let at = dirname(path)
  while (statSync(at, { throwIfNoEntry: false }) === undefined && at !== dirname(at)) at = dirname(at)
  return at
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch (error) {
    if (isMissing(error)) throw error
    return false
  }
}
