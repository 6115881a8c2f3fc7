import { JitError } from '../../base/errors.ts'

/** The system said no (disk full, no permission …): expected, so it gets a sentence instead of a stack. Bugs stay bugs. */
export function asJitError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof JitError || !('syscall' in error)) return error
  return new JitError(
    'WRITE_FAILED',
    `${what}: ${error.message}.`,
    'No credentials were left. Mend the cause and try again.',
    {
      cause: error,
    },
  )
}
