import { isAbsolute, join, resolve } from 'node:path'
import type { Environment } from '../base/environment.ts'

/** Directories of this installation, absolute. Nothing is created here. */
export type Places = {
  /** Settings; no secrets. */
  readonly config: string
  /** Leases, outbox, pending requests, sealed login. */
  readonly state: string
  /** Gone at logout or reboot where the system offers that. */
  readonly runtime: string
}
type Machine = {
  readonly env: Environment
  readonly home: string
  readonly platform: NodeJS.Platform
  readonly cwd: string
}

/** XDG Base Directory on Linux, the platform's own places elsewhere; `JIT_CONFIG_DIR`, `JIT_STATE_DIR`, `JIT_RUNTIME_DIR` override. */
export function places(machine: Machine): Places {
  const own = defaults(machine)
  // Resolved once: the reaper, which inherits these, works from another directory.
  const override = (value: string | undefined, place: string): string =>
    value === undefined || value === '' ? place : resolve(machine.cwd, value)
  return {
    config: override(machine.env['JIT_CONFIG_DIR'], own.config),
    state: override(machine.env['JIT_STATE_DIR'], own.state),
    runtime: override(machine.env['JIT_RUNTIME_DIR'], own.runtime),
  }
}

function defaults({ env, home, platform }: Machine): Places {
  // The XDG specification says to ignore relative paths.
  const absolute = (name: string): string | undefined => {
    const value = env[name]
    return value !== undefined && isAbsolute(value) ? value : undefined
  }
  if (platform === 'win32') {
    const local = absolute('LOCALAPPDATA') ?? join(home, 'AppData', 'Local')
    const roaming = absolute('APPDATA') ?? join(home, 'AppData', 'Roaming')
    return { config: join(roaming, 'jit'), state: join(local, 'jit', 'state'), runtime: join(local, 'jit', 'run') }
  }
  if (platform === 'darwin') {
    const support = join(home, 'Library', 'Application Support', 'jit')
    return { config: support, state: join(support, 'state'), runtime: join(support, 'run') }
  }
  const state = join(absolute('XDG_STATE_HOME') ?? join(home, '.local', 'state'), 'jit')
  const runtime = absolute('XDG_RUNTIME_DIR')
  return {
    config: join(absolute('XDG_CONFIG_HOME') ?? join(home, '.config'), 'jit'),
    state,
    runtime: runtime === undefined ? join(state, 'run') : join(runtime, 'jit'),
  }
}
