import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { isOver, timeFor } from './leases/expiry.ts'
import { type HeldBy, isHeldBy, type LoginName } from './leases/holder.ts'
import type { Entry, Lease } from './leases/types.ts'

export type LiveLeases = {
  readonly leases: () => readonly Lease[]
  readonly clock: Clock
  /**
   * The grants that whoever asks works within, the first of them first: what an entry of the kubeconfig was written for, the
   * `JIT_GRANTED_ID` of a `jit exec`.
   */
  readonly within?: readonly string[]
  /** Why a target has no live lease, where it was ended from elsewhere. */
  readonly ended?: (target: string) => JitError | undefined
}

export type Renewing = LiveLeases & {
  /** Bytes of a file; `undefined` where there is none. */
  readonly read: (path: string) => Buffer | undefined
  /** The lease with its next slice. Rejects with `JitError`: `GRANT_ENDED` where the endpoint has ended the grant. */
  readonly renewed: (lease: Lease) => Promise<Lease>
}

/** SDKs call several times in the last minutes of what they hold (every request, at worst): only the last one is worth a call out. */
const NEAR_MS = 60_000

/**
 * The lease of `target` that lives by both clocks: the one that whoever asks works within, else one that was elevated, else one that
 * another program shares. While one takes the place of another, the one that ends last.
 */
export function liveLease(target: string, deps: LiveLeases, fits: (lease: Lease) => boolean = () => true): Lease {
  const { within = [], ended } = deps
  const live = livesOf(target, deps).filter(fits)
  const [own] = within.flatMap((id) => live.findLast((lease) => isOf(lease, id)) ?? [])
  const open = live.filter((lease) => isOpenTo(lease, within))
  const lease = own ?? open.findLast(({ usedBy }) => usedBy === undefined) ?? open.at(-1)
  if (lease !== undefined) return lease
  const kept = `Only a jit exec holds a grant for ${target}, for its program.`
  throw ended?.(target) ?? notLive(target, live.length > 0 ? kept : undefined)
}

/** Whether another `jit exec` keeps what lives of `target` to its program. */
export const isKeptByAnother = (target: string, deps: LiveLeases): boolean =>
  livesOf(target, deps).some((lease) => !isOpenTo(lease, deps.within))

/** What another `jit exec` holds ends with its program. */
export const isAnothers = (lease: Lease, within: readonly string[] = []): boolean =>
  lease.usedBy !== undefined && !within.some((id) => isOf(lease, id))

/** Where each program can have a grant of its own, that of another one is left alone. */
const isOpenTo = (lease: Lease, within?: readonly string[]): boolean =>
  !isAnothers(lease, within) || lease.entries.some(({ deliver }) => deliver !== 'isolated')

const isOf = ({ id, usedBy }: Lease, within: string): boolean => id === within || usedBy === within

const livesOf = (target: string, { leases, clock }: LiveLeases): readonly Lease[] =>
  leases().filter((each) => each.target === target && each.state === 'active' && !isOver(each, clock))

export const notLive = (target: string, why = `No active grant for ${target} on this machine.`): JitError =>
  new JitError('NOT_FOUND', why, `Type: jit elevate ${target} --reason TEXT`)

/** A grant is renewed and extended where it was given, and by whoever it was given to. */
export function refuseForeign(login: LoginName, lease: Lease): void {
  if (!isHeldBy(lease, login)) throw foreign(lease, login)
}

/** What only another login could do for a grant. */
export const foreign = (
  { target, endpoint: given }: HeldBy & Pick<Lease, 'target'>,
  { endpoint }: LoginName,
): JitError =>
  new JitError(
    'LOGIN_NEEDED',
    given === endpoint
      ? `${target} was given to another login than the one here.`
      : `${target} was given by ${given}, and the login here is at ${endpoint}.`,
    given === endpoint ? `Type, as whoever asked for it: jit login ${given}` : `Type: jit login ${given}`,
  )

/**
 * The same with something in it that can be used: a slice that is all but over is renewed first, and so are private files that
 * went with a reboot. What is good for a moment yet is not lost to an endpoint that cannot be reached.
 */
export async function currentLease(
  target: string,
  deps: Renewing,
  concerns: (entry: Entry) => boolean = () => true,
): Promise<Lease> {
  const lease = liveLease(target, deps)
  const used = lease.entries.filter(concerns)
  const near = used.filter((entry) => entry.renewAt !== undefined && leftOf(lease, entry, deps.clock) <= NEAR_MS)
  const gone = used.some((entry) => isGone(lease, entry, deps))
  if (near.length === 0 && !gone) return lease
  try {
    return await deps.renewed(lease)
  } catch (error) {
    const isUsable = !gone && near.every((entry) => leftOf(lease, entry, deps.clock) > 0)
    if (isUsable && error instanceof JitError && error.code !== 'GRANT_ENDED') return lease
    throw error
  }
}

const leftOf = (lease: Lease, { validUntil }: Entry, clock: Clock): number => validUntil - timeFor(lease, clock)

/** Files that are wholly ours lie in a directory that does not outlive a reboot everywhere. */
const isGone = ({ places }: Lease, { cloud }: Entry, { read }: Renewing): boolean =>
  places.some(
    (place) =>
      place.cloud === cloud &&
      (place.kind === 'own' || place.kind === 'sealed') &&
      place.secretHashes.length > 0 &&
      read(place.path) === undefined,
  )
