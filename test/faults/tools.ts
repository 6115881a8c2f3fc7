import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** `undefined` where all of them work here, else which do not. */
export function missing(...trials: readonly (readonly string[])[]): string | undefined {
  const failing = trials.filter(([command = '', ...args]) => spawnSync(command, args).status !== 0)
  return failing.length === 0 ? undefined : `does not work here: ${failing.map((trial) => trial.join(' ')).join(', ')}`
}

export const STRACE = ['strace', '-f', '-o', '/dev/null', 'true'] as const

/** The built program, as it is installed. */
export const JIT = join(import.meta.dirname, '../../bin/jit.js')
