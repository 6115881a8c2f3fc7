import { JitError } from '../../base/errors.ts'
import type { Revocation } from '../../client/revocation.ts'

/** Throws `WIPE_FAILED` where credentials are still on this machine. */
export function refuseUnwiped(ended: readonly Revocation[]): void {
  const missed = ended.filter(({ wiped }) => !wiped)
  if (missed.length === 0) return
  const what = missed.map(({ lease, why }) => `${lease.target} (${why ?? 'no reason known'})`).join(', ')
  throw new JitError(
    'WIPE_FAILED',
    `Still on this machine: ${what}.`,
    'It is retried until it works. Where each secret lies: jit status',
  )
}

/** Listens why the endpoint could not be told: `failure` where only a login is missing. */
export function missingLogin(): {
  readonly untold: (why: unknown) => void
  readonly failure: () => JitError | undefined
} {
  const found: JitError[] = []
  return {
    untold: (why) => {
      if (why instanceof JitError && why.code === 'LOGIN_NEEDED') found.push(why)
    },
    failure: () => found[0],
  }
}
