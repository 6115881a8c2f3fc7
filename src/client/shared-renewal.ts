import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { timeFor } from './leases/expiry.ts'
import type { Lease } from './leases/types.ts'
import { notLive } from './live-lease.ts'
import type { GrantNote, GrantNotes, RenewalNote } from './grant-notes.ts'
import { isRenewed } from './slices.ts'

/** `renewMs`: of whoever renews. `waitMs`: of those who wait for him; where hundreds start at once, he is slow too. */
export type RenewalLimits = { readonly renewMs: number; readonly waitMs: number }

export type SharedRenewalDeps = {
  readonly leases: () => readonly Lease[]
  readonly notes: GrantNotes
  /** Runs `work` unless another process renews: then `undefined`, at once. */
  readonly ifAlone: (work: () => Promise<Lease>) => Promise<{ readonly value: Lease } | undefined>
  /** See `renewLease`. Network and key store are loaded by whoever comes to call it. */
  readonly renew: (lease: Lease, signal: AbortSignal) => Promise<Lease>
  readonly clock: Clock
  readonly limits: RenewalLimits
  readonly signal: AbortSignal
}

/** How often those who wait look at the record of the lease, and, less often, whether whoever renews has died. */
const [FIRST_LOOK_MS, LONGEST_LOOK_MS] = [20, 500]
const LOCK_EVERY_MS = 2_000
/** A failure counts for this long for others too: SDKs try again at once, and a hundred of them must not queue for the same answer. */
const STALE_MS = { lapsed: 3_000, usable: 20_000 }

/**
 * The lease with its next slice, in place of the one that the caller has `seen`. Of many callers in many processes one asks the
 * endpoint (DESIGN §7.9); the others watch the record of the lease, which costs them a file read, and share its failure too.
 * Rejects with `JitError` within the limit: `GRANT_ENDED` where the endpoint has ended the grant.
 */
export async function renewShared(deps: SharedRenewalDeps, seen: Lease): Promise<Lease> {
  const { clock, limits, signal } = deps
  const [startedAt, startedAtBoot] = [clock.now(), clock.bootSeconds()]
  const recent = failureOf(deps, seen)
  if (recent !== undefined && isFresh(recent, seen, clock)) throw errorOf(recent)
  let [look, tried] = [FIRST_LOOK_MS, Number.NEGATIVE_INFINITY]
  for (;;) {
    const passed = (clock.bootSeconds() - startedAtBoot) * 1000
    const found = outcome(deps, seen, startedAt)
    if (found !== undefined) return found
    if (passed - tried >= LOCK_EVERY_MS) {
      tried = passed
      const done = await deps.ifAlone(() => renewNow(deps, seen, startedAt))
      if (done !== undefined) return done.value
    }
    if (passed > limits.waitMs) throw tooLate(seen, limits.waitMs)
    await clock.sleep(look, signal)
    if (signal.aborted) throw interrupted()
    look = Math.min(LONGEST_LOOK_MS, look * 2)
  }
}

/** What another process has come to since. */
function outcome(deps: SharedRenewalDeps, seen: Lease, startedAt: number): Lease | undefined {
  const lease = deps.leases().find(({ id, state }) => id === seen.id && state === 'active')
  const note = deps.notes.of(seen.id)
  if (lease === undefined) throw note?.outcome === 'ended' ? errorOf(note) : notLive(seen.target)
  if (isRenewed(lease, seen)) return lease
  if (note?.outcome === 'failed' && note.at >= startedAt) throw errorOf(note)
  return undefined
}

async function renewNow(deps: SharedRenewalDeps, seen: Lease, startedAt: number): Promise<Lease> {
  const { clock, limits, notes } = deps
  const found = outcome(deps, seen, startedAt) // since the look before the lock
  if (found !== undefined) return found
  const limit = AbortSignal.timeout(limits.renewMs)
  try {
    const renewed = await deps.renew(seen, AbortSignal.any([deps.signal, limit]))
    notes.remove(seen.id)
    return renewed
  } catch (error) {
    if (deps.signal.aborted) throw interrupted()
    const failure = limit.aborted ? tooLate(seen, limits.renewMs, error) : error
    if (failure instanceof JitError) note(notes, seen, failure, clock.now())
    throw failure
  }
}

function note(notes: GrantNotes, { id, target }: Lease, { code, message, hint }: JitError, at: number): void {
  if (code === 'NOT_FOUND') return // it has ended here, as others can see
  notes.put({ grant: id, target, outcome: code === 'GRANT_ENDED' ? 'ended' : 'failed', code, message, hint, at })
}

const failureOf = ({ notes }: SharedRenewalDeps, { id }: Lease): RenewalNote | undefined => {
  const note = notes.of(id)
  return note?.outcome === 'failed' ? note : undefined
}

function isFresh({ at }: RenewalNote, lease: Lease, clock: Clock): boolean {
  const isLapsed = lease.entries.some(({ validUntil }) => validUntil <= timeFor(lease, clock))
  const age = clock.now() - at
  return age >= 0 && age < (isLapsed ? STALE_MS.lapsed : STALE_MS.usable)
}

const interrupted = (): JitError => new JitError('INTERRUPTED', 'Interrupted.', 'How things stand: jit status')

const errorOf = ({ code, message, hint }: GrantNote): JitError => new JitError(code, message, hint)

const tooLate = ({ target }: Lease, limitMs: number, cause?: unknown): JitError =>
  new JitError(
    'ENDPOINT_UNREACHABLE',
    `The next credentials of ${target} did not come within ${Math.round(limitMs / 1000)} seconds.`,
    'Look whether the approval endpoint can be reached: jit whoami',
    { cause },
  )
