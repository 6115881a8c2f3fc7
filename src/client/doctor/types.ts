import type { ErrorCode } from '../../base/errors.ts'

/**
 * One sentence about this machine. `problem`: something does not work, or a promise is in danger. `note`: worth knowing. Holds no
 * secret, no value of a variable, no person's name: it is sent to support.
 */
export type Finding =
  | { readonly level: 'ok'; readonly says: string }
  | (Mendable & { readonly level: 'note' })
  /** `code` decides the exit code. */
  | (Mendable & { readonly level: 'problem'; readonly code: ErrorCode })

type Mendable = {
  readonly says: string
  /** What to type. */
  readonly mend?: string
  /** What `--fix` does about it. Rejects with `JitError` where it cannot. */
  readonly fix?: () => Promise<unknown>
}

/** Looks at one thing. Changes nothing, and ends within some seconds. A `JitError` thrown is a problem found. */
export type Check = { readonly name: string; readonly look: () => Promise<readonly Finding[]> }
