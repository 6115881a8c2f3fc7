/** Every failure that a user can meet, and the process exit code that scripts may rely on (`jit help exit-codes`). */
export const EXIT_CODE = {
  USAGE: 2,
  DENIED: 3,
  LOGIN_NEEDED: 4,
  LOGIN_FAILED: 4,
  STEP_UP_NEEDED: 4,
  NO_DECISION: 5,
  ENDPOINT_UNREACHABLE: 6,
  ENDPOINT_REFUSED: 6,
  ENDPOINT_INVALID: 6,
  IDP_UNREACHABLE: 6,
  CLOCK_SKEW: 6,
  REVOKE_UNCONFIRMED: 6,
  CLOUD_REFUSED: 7,
  CLOUD_UNAVAILABLE: 6,
  GRANT_ENDED: 3,
  CONFLICT: 3,
  PROFILE_TAKEN: 8,
  FILE_UNREADABLE: 8,
  FILE_REFUSED: 8,
  WRITE_FAILED: 8,
  WIPE_FAILED: 8,
  STATE_CORRUPT: 8,
  SECRET_STORE: 8,
  LOCKED: 8,
  NOT_FOUND: 9,
  CONFIG: 2,
  PROGRAM_UNUSABLE: 126,
  PROGRAM_MISSING: 127,
  INTERRUPTED: 130,
} as const
export type ErrorCode = keyof typeof EXIT_CODE

/** An expected failure: one sentence that says what happened, one that says what to do or type next. All else thrown is a bug (exit 1). */
export class JitError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'JitError'
    this.code = code
    this.hint = hint
  }
}

/** What a thrown value says, for the middle of a sentence. */
export const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
