import type { Environment } from '../../base/environment.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { Program, RunToEnd } from '../../platform/processes.ts'

/**
 * A service manager of the system that runs `jit sweep` every minute, also after a reboot, a crash of everything of ours or a
 * night with the lid closed. One for each system; each alone suffices to wipe in time (DESIGN §7.6).
 */
export interface WakeLayer {
  /** As messages call it, e.g. `systemd user timer`. */
  readonly name: string
  /** What it does and how far that reaches, as the end of a sentence. */
  describe(): string
  /** Whether the service manager is there for this user. Starts no process. */
  isAvailable(): boolean
  /**
   * Makes it run `program`; the same again is no error. Nothing secret may be in there. Rejects with `FILE_REFUSED` for something
   * of that name that is not jit's, and `WRITE_FAILED` where the manager refuses; what was not there before is not there then.
   */
  install(program: Program): Promise<void>
  /** Whether `program` is what it runs, and it is running. */
  isInstalled(program: Program): Promise<boolean>
  /** Whether anything of ours is there, running or not. */
  isThere(): Promise<boolean>
  /** Takes away what `install` made. Whether there was something. Rejects with `WRITE_FAILED` where something stays. */
  remove(): Promise<boolean>
}

export type WakeDeps = {
  readonly fs: FileSystem
  readonly run: RunToEnd
  readonly env: Environment
  readonly home: string
  /** Who we are; absent on Windows. */
  readonly uid?: number
  /** `<state>/<machine>/`, whose leases are swept. One layer for each: machines may share a home. */
  readonly root: string
  /** Whether a shell would find this program. */
  readonly isOnPath: (program: string) => boolean
}

/** How long a service manager may take to answer. */
export const MANAGER_LIMIT_MS = 5000
