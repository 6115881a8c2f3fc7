import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { ifExists } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { nextDueAt } from './due.ts'
import { entryNames, LEASE_SUFFIX } from './entries.ts'

const MACHINE = /^[0-9a-f]{16}$/
/** The machine itself comes first: it alone knows what the file was like before. */
const GRACE_MS = 60_000

/** Directories of other machines that keep their records beside `root`: they share this home, or did. */
export function otherMachines(fs: FileSystem, root: string): readonly string[] {
  const state = dirname(root)
  return (ifExists(() => fs.readdir(state)) ?? [])
    .filter((name) => MACHINE.test(name) && name !== basename(root))
    .map((name) => join(state, name))
}

/**
 * Whether another machine has left behind what is over: it was switched off, or was a container that is gone. A sweep here finds its
 * secrets in shared files by their marks. By the wall clock, as the boot clock is another machine's.
 */
export const isAnotherOverdue = (fs: FileSystem, root: string, clock: Pick<Clock, 'now'>): boolean =>
  otherMachines(fs, root).some((machine) => {
    if (!entryNames(fs, machine).some((name) => name.endsWith(LEASE_SUFFIX))) return false
    return (nextDueAt(fs, machine) ?? 0) + GRACE_MS <= clock.now()
  })
