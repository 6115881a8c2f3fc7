import type { Environment } from '../../../base/environment.ts'
import type { FileSystem } from '../../../platform/files.ts'

export type SinkDeps = {
  readonly fs: FileSystem
  readonly env: Environment
  readonly home: string
  /** The absolute command line that starts jit, for clients that call it. */
  readonly program: readonly string[]
}
