import { dirname, join } from 'node:path'
import { attempt, ifExists, makeDirectories } from './durable.ts'
import type { FileSystem } from './files.ts'
import { shortHash } from './machine.ts'
import type { Places } from './places.ts'
import { keepPrivate } from './private-directory.ts'

export type LocalDeps = {
  readonly fs: FileSystem
  readonly uid: number | undefined
  /** Name of the network file system that a path lies on, if it lies on one. */
  readonly networkOf: (path: string) => string | undefined
}

/**
 * Directories of this user on this machine alone, best first: gone at logout, at reboot, or when the system tidies up. By the user id
 * and not by the environment, so that a job of cron and a terminal come to the same one.
 */
const fallbacks = (uid: number): readonly string[] => [`/run/user/${uid}/jit`, `/dev/shm/jit-${uid}`, `/tmp/jit-${uid}`]

/** The first of them that is local, ours, and not open to others; it is there when this returns. */
function localDirectory({ fs, uid, networkOf }: LocalDeps, preferred: readonly string[]): string | undefined {
  const isOurs = (path: string): boolean =>
    attempt(() => {
      makeDirectories(fs, path)
      keepPrivate(path, uid) // after making it: in /tmp another user can be faster
    })
  return [...preferred, ...(uid === undefined ? [] : fallbacks(uid))].find(
    (path) => ifExists(() => fs.stat(dirname(path))) !== undefined && networkOf(path) === undefined && isOurs(path),
  )
}

/**
 * Where the private directories of leases go: what is meant for it, unless that is only a part of a state directory in a networked
 * home (no `XDG_RUNTIME_DIR`). A place that somebody chose stays his choice.
 */
export function localRuntime(deps: LocalDeps, { state, runtime }: Places): string {
  if (!runtime.startsWith(`${state}/`) || deps.networkOf(state) === undefined) return runtime
  return localDirectory(deps, []) ?? runtime
}

export type MachinePlaces = {
  /**
   * Where the locks of this machine lie: beside its records, or on a local disk where those are in a networked home, as locks do
   * not reach over a network reliably. To be asked at each use: a local directory may go at logout, and the reaper lives on.
   */
  readonly locks: () => string
  /**
   * Where the login lies, and its lock. Each machine of a networked home has its own: the key of a login stays in the keychain of
   * one machine, and two that renewed the same login without a common lock would lose it.
   */
  readonly login: () => { readonly directory: string; readonly locks: string }
}

/** `root`: the directory of this machine below `places.state`. Looks at the disk only when asked. */
export function machinePlaces(deps: LocalDeps, root: string, { state, runtime }: Places): MachinePlaces {
  let isLocal: boolean | undefined
  const isOnLocalDisk = (): boolean => (isLocal ??= deps.networkOf(state) === undefined)
  const locks = (): string => {
    const local = isOnLocalDisk() ? undefined : localDirectory(deps, [runtime])
    if (local === undefined) return root
    const directory = join(local, 'locks', shortHash(root))
    makeDirectories(deps.fs, directory)
    return directory
  }
  return {
    locks,
    login: () => (isOnLocalDisk() ? { directory: state, locks: state } : { directory: root, locks: locks() }),
  }
}
