import { JitError } from '../../base/errors.ts'

export const NOTHING_LEFT = 'Nothing of the credentials was left. Mend the cause and try again.'
export const TRIED_AGAIN = 'jit keeps trying to remove what it had written; to do it now: jit sweep'

/** The system said no (disk full, no permission …): expected, so it gets a sentence instead of a stack. Bugs stay bugs. */
export function asJitError(error: unknown, what: string, hint: string): unknown {
  if (!(error instanceof Error) || error instanceof JitError || !isOfSystem(error)) return error
  return new JitError('WRITE_FAILED', `${what}: ${error.message}.`, hint, { cause: error })
}

/** A failed system call, of our own or of SQLite's for the lock. */
const isOfSystem = (error: Error): boolean => 'syscall' in error || 'errcode' in error
