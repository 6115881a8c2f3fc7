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
  0x564c: 'NCP',
  0x5346414f: 'AFS',
  0x6b414653: 'AFS',
  0x73757245: 'Coda',
  0x0bd00bd0: 'Lustre',
  0x00c36400: 'Ceph',
  0x47504653: 'GPFS',
  0x19830326: 'BeeGFS',
  0xaad7aaea: 'PanFS',
  0x7461636f: 'OCFS2',
  0x01161970: 'GFS2',
  0x01021997: '9P',
  0x786f4256: 'a shared folder of VirtualBox',
  0xbacbacbc: 'a shared folder of VMware',
  0x65735546: 'FUSE', // sshfs and the like; some are local, which costs nothing
}

/** Name of the network file system that `path`, or the nearest directory above that is there, lies on. Throws system errors as they are. */
export const networkOf = (path: string, platform: NodeJS.Platform): string | undefined =>
  platform === 'linux' ? NETWORK[statfsSync(existing(path)).type >>> 0] : undefined

/** Throws system errors as they are. */
export function directoryFacts(path: string, platform: NodeJS.Platform): DirectoryFacts {
  const stat = statSync(path, { throwIfNoEntry: false })
  const there = existing(path)
  const network = networkOf(there, platform)
  return {
    isWritable: isWritable(there),
    ...(network === undefined ? {} : { network }),
    ...(stat === undefined
      ? {}
      : { own: { mode: stat.mode & 0o7777, uid: stat.uid, isDirectory: stat.isDirectory() } }),
  }
}

function existing(path: string): string {
  let at = path
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
