import { JitError } from '../../src/base/errors.ts'

/** The code of a refusal; `accepted` where there was none. */
export function codeOf(action: () => void): string {
  try {
    action()
    return 'accepted'
  } catch (error) {
    if (error instanceof JitError) return error.code
    throw error
  }
}
