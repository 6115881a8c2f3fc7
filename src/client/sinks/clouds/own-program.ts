import { JitError } from '../../../base/errors.ts'
import type { SinkDeps } from './deps.ts'

/** The command line with which a client starts `jit COMMAND TARGET`. Throws `CONFIG` where jit does not know its own. */
export function ownProgram(
  { program: [file, ...args] }: Pick<SinkDeps, 'program'>,
  command: 'credential-process' | 'kube-credential',
  target: string,
): readonly [string, ...string[]] {
  if (file !== undefined) return [file, ...args, command, target]
  throw new JitError('CONFIG', 'jit does not know how it was started.', 'Start it by its full path.')
}
