import type { Ask } from './ask.ts'
import type { Busy } from './busy.ts'
import type { Terminal } from './terminal.ts'

/** The terminal of a command that somebody watches, and what may be shown or asked there. */
export type Attended = {
  readonly terminal: Terminal
  readonly ask: Ask
  readonly busy: Busy
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}
