import { chmodSync, lstatSync, statSync } from 'node:fs'
import { errnoOf } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'

const STICKY = 0o1000

/**
 * Narrows an existing directory of ours to 0700. One that another user owns or leads to by a link, or that is shared like /tmp,
 * is refused with `FILE_REFUSED`: he could put other files in place of ours. Nothing to do where it is missing, and on Windows.
 */
export function keepPrivate(directory: string, uid: number | undefined): void {
  const stat = uid === undefined ? undefined : statSync(directory, { throwIfNoEntry: false })
  if (stat === undefined) return
  const { uid: maker } = lstatSync(directory)
  const owner = stat.uid === uid && maker !== 0 ? maker : stat.uid // an administrator may lead us elsewhere
  if (owner !== uid || (stat.mode & STICKY) !== 0)
    throw new JitError(
      'FILE_REFUSED',
      `The directory ${directory} belongs to user ${owner}${(stat.mode & STICKY) === 0 ? '' : ' and is shared'}; jit keeps its records only where nobody else can write.`,
      'Name one of your own: JIT_STATE_DIR, JIT_CONFIG_DIR or JIT_RUNTIME_DIR.',
    )
  if ((stat.mode & 0o077) !== 0) narrow(directory)
}

/** On a disk that is mounted read-only nobody can put anything there. */
function narrow(directory: string): void {
  try {
    chmodSync(directory, 0o700)
  } catch (error) {
    if (errnoOf(error) !== 'EROFS') throw error
  }
}
