import { dirname } from 'node:path'
import { JitError } from '../base/errors.ts'
import { grantDirectoryOf } from './sinks/grant-directory.ts'
import { ELSEWHERE } from './sinks/target-path.ts'

/** Whether files can be made in a directory, or in the nearest one above that is there: a disk may be mounted read-only. */
export type IsOpen = (directory: string) => boolean

/** Refuses a machine on which no record could be kept. */
export function assertRecordable(root: string, isOpen: IsOpen): void {
  if (isOpen(root)) return
  throw new JitError(
    'WRITE_FAILED',
    `jit keeps a record of each secret before it is written, and ${root} cannot be written.`,
    'Name another place: JIT_STATE_DIR=/path/to/directory',
  )
}

/** Refuses files of a lease that could not be made. Those that are there were looked at when they were planned. */
export function assertMakeable(
  lease: string,
  places: readonly { readonly path: string; readonly existed: boolean }[],
  isOpen: IsOpen,
): void {
  const closed = places.find(({ path, existed }) => !existed && !isOpen(dirname(path)))
  if (closed === undefined) return
  const isPrivate = grantDirectoryOf(closed.path, lease) !== undefined
  throw new JitError(
    'FILE_REFUSED',
    `jit cannot make ${closed.path}: its directory cannot be written.`,
    isPrivate ? 'Name another place for private files: JIT_RUNTIME_DIR=/path/to/directory' : ELSEWHERE,
  )
}
