import type { Environment } from '../../../base/environment.ts'
import type { FileSystem } from '../../../platform/files.ts'

/** What every cloud sink is made with. */
export type SinkDeps = {
  readonly fs: FileSystem
  readonly env: Environment
  readonly home: string
  /** The absolute command line that starts jit: `['/usr/bin/node', '/…/bin/jit.js']`. */
  readonly program: readonly string[]
}
