import { existsSync, readFileSync } from 'node:fs'
import { devNull, homedir, hostname, userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'

/**
 * Tells machines that share one home directory apart, so that each keeps its own journal and lock (locks do not reach over
 * NFS). 16 hex digits, half the size of the id behind them, because machine-id(5) asks not to show that itself.
 */
export const machineId = (): string => shortHash(`jit:${systemId()}`)

/** 16 hex digits that tell names apart; nothing is protected by it. */
export const shortHash = (text: string): string => fnv1a64(text).toString(16).padStart(16, '0')

/** FNV-1a: a directory name needs no cryptography, and loading node:crypto costs every start a fifth of its time. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

function systemId(): string {
  try {
    return `${readFileSync('/etc/machine-id', 'utf8').trim()}:${hostname()}`
  } catch {
    return hostname() // macOS, Windows, some containers
  }
}

/** Whether processes here end together, with their container: by what its engines leave to be seen. */
export const isContainer = (env: Environment): boolean =>
  (env['container'] ?? env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' ||
  ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path))

/** Stands for a home directory where a user has none: nothing can ever be made below it, by nobody. */
export const NO_HOME = devNull

/**
 * The user's home: `HOME`, else what the system knows. An empty or relative one would put credentials wherever jit was started.
 * A user id without an account (as some container platforms hand out) may have none at all: see {@link assertHome}.
 */
export const homeOf = (): string => pathOf(homedir) ?? pathOf(() => userInfo().homedir) ?? NO_HOME

function pathOf(ask: () => string): string | undefined {
  try {
    const path = ask()
    return isAbsolute(path) ? path : undefined
  } catch {
    return undefined // no such account
  }
}

/** Throws `CONFIG` where one of `places` would lie in the home of a user who has none. */
export function assertHome(places: Readonly<Record<string, string>>): void {
  if (!Object.values(places).some((place) => place.startsWith(NO_HOME))) return
  throw new JitError(
    'CONFIG',
    'This user has no home directory: HOME names none, and neither does the system.',
    'Set HOME, or name places of your own: JIT_STATE_DIR, JIT_CONFIG_DIR and JIT_RUNTIME_DIR.',
  )
}
