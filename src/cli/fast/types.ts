import type { Environment } from '../../base/environment.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Output } from '../../platform/output.ts'
import type { Installation } from '../installation.ts'
import type { LeaseHost } from '../host.ts'
import type { Switches } from '../switches.ts'
import type { Terminal } from '../ui/terminal.ts'

/** A command without the parser. Resolves with false, and has done nothing, where the parser must have a look. */
export type Fast = (rest: readonly string[], context: FastContext) => Promise<boolean>
type FastContext = {
  readonly host: LeaseHost
  readonly installation: Installation
  readonly output: Output
  /** Loads what colours need. */
  readonly terminal: () => Promise<Terminal>
  readonly clock: Clock
  readonly env: Environment
  readonly switches: Switches
}
