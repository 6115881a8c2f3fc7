import { deliverOutbox, type Reporting } from './outbox-delivery.ts'
import type { UnreadableLease, WipeOutcome } from './leases/types.ts'
import type { Leasing } from './leasing.ts'

export type SweepDeps = { readonly leasing: Pick<Leasing, 'sweep' | 'unreadable'> }
export type Swept = {
  readonly wiped: readonly WipeOutcome[]
  /** Records that were torn: what they stood for was searched for and wiped, and they are kept aside. */
  readonly unreadable: readonly UnreadableLease[]
}

/** Ends what is over; a record that cannot be read is reported though nothing may be left to do for it. */
export async function sweep({ leasing }: SweepDeps): Promise<Swept> {
  const unreadable = leasing.unreadable()
  return { wiped: await leasing.sweep(), unreadable }
}

export type HousekeepingDeps = {
  readonly leasing: Pick<Leasing, 'sweep' | 'unreadable' | 'list' | 'wipe' | 'outbox'>
} & Omit<Reporting, 'outbox'>
export type Housekeeping = Swept & {
  /** What the endpoint knows since now of ends and wipes here, and what it could not be told. */
  readonly confirmed: number
  readonly queued: number
}

/** What `jit sweep` does: ends what is over, then tells the endpoint what it could not be told before. */
export async function keepHouse(deps: HousekeepingDeps, signal: AbortSignal): Promise<Housekeeping> {
  const { outbox } = deps.leasing
  const swept = await sweep(deps)
  const retried = await retryStuck(deps, swept)
  const confirmed = await deliverOutbox({ ...deps, outbox }, signal)
  return { ...swept, wiped: [...swept.wiped, ...retried], confirmed: confirmed.length, queued: outbox.list().length }
}

/** Who types `jit sweep` has mended something: what waits for its next attempt is tried now, or said to be still there. */
async function retryStuck({ leasing }: HousekeepingDeps, { wiped }: Swept): Promise<readonly WipeOutcome[]> {
  const tried = new Set(wiped.map(({ lease }) => lease))
  const waiting = leasing.list().filter(({ id, state }) => state === 'stuck' && !tried.has(id))
  if (waiting.length === 0) return []
  return leasing.wipe(
    waiting.map(({ id }) => id),
    'ttl',
  )
}
