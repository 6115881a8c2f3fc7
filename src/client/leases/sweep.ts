import { engineOf, type LeaseDeps } from './deps.ts'
import { isOver, untilEndMs, untilStaleMs } from './expiry.ts'
import { untilRetry } from './retry.ts'
import type { Ending, Lease, UnreadableLease, WipeOutcome } from './types.ts'
import { endLease } from './wipe.ts'

/**
 * Ends what is over, retries what is stuck, finishes what dead processes began, and looks for secrets whose entry was lost.
 * The caller holds the lock, so whatever looks half done has no owner any more.
 */
export async function sweepLeases(deps: LeaseDeps): Promise<readonly WipeOutcome[]> {
  deps.store.removeTemporary()
  const outcomes: WipeOutcome[] = []
  const seen = deps.store.lastSeen()
  for (const lease of deps.store.list()) {
    const reason = dueEnding(deps, lease, seen)
    if (reason !== undefined) outcomes.push(await endLease(deps, lease, reason))
  }
  for (const lease of deps.store.list()) if (lease.state === 'active') await settle(deps, lease)
  const orphans = await sweepOrphans(deps)
  deps.store.writeHints() // a clock that was set has made the old ones wrong
  return [...outcomes, ...orphans]
}

function dueEnding({ clock }: LeaseDeps, lease: Lease, seen: number): Ending | undefined {
  if (lease.state === 'writing') return 'interrupted'
  const due =
    lease.state === 'wiping' || (lease.state === 'stuck' ? untilRetry(lease, clock) <= 0 : isOver(lease, clock, seen))
  const isStale = untilStaleMs(lease, clock) <= 0 && untilEndMs(lease, clock) > 0
  return due ? (lease.ending ?? (isStale ? 'stale' : 'ttl')) : undefined
}

async function settle(deps: LeaseDeps, lease: Lease): Promise<void> {
  for (const place of lease.places) await engineOf(deps, place).settle(place)
}

/**
 * Secrets without a readable entry, searched by our markers wherever a lease may have written.
 * `ended`: those that go whatever their marker says.
 */
export async function sweepOrphans(
  { store, wipeOrphans }: LeaseDeps,
  ended: ReadonlySet<string> = new Set(),
): Promise<readonly WipeOutcome[]> {
  const leases = store.list()
  const unreadable = store.unreadable()
  const search = { known: idsOf(leases), torn: idsOf(unreadable), ended }
  const entries = leases.flatMap(({ places }) => places.filter(({ kind }) => kind === 'entry'))
  const found = await wipeOrphans([...entries, ...unreadable.flatMap(({ paths }) => paths)], search)
  for (const entry of unreadable) if (isDone(entry, new Set(found.alive))) store.setAside(entry)
  return found.wiped.map((lease) => ({ lease, target: '', wiped: true, reason: 'ttl' }))
}

const idsOf = (entries: readonly { readonly id: string }[]): ReadonlySet<string> => new Set(entries.map(({ id }) => id))

/** A newer jit can still read its own entry. One of ours has done its part once no block of its id is left to wait for. */
const isDone = ({ id, newer }: UnreadableLease, alive: ReadonlySet<string>): boolean => !newer && !alive.has(id)
