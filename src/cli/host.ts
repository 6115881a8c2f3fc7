import type { CallAddon } from '../platform/keychain/system.ts'

/** The process and machine that a command runs on. */
export type Host = {
  readonly process: NodeJS.Process
  readonly home: string
  readonly hostname: string
  /** Absolute path of bin/jit.js: what the reaper is started from. */
  readonly script: string
  /** Asks the keychain through a client that is on its way already; absent: through one of its own. */
  readonly callAddon?: CallAddon
}

/** As much of it as leases need. */
export type LeaseHost = Pick<Host, 'process' | 'home' | 'script'>
