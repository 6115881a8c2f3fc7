import { JitError } from '../base/errors.ts'
import type { Connection } from './connection.ts'
import type { Lease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { notLive, refuseForeign } from './live-lease.ts'
import { fetchGrant, type FetchDeps } from './fetched-grant.ts'
import { isRenewed } from './slices.ts'

export type RenewalDeps = Pick<FetchDeps, 'exchange' | 'clock' | 'signal'> & {
  readonly leasing: Pick<Leasing, 'list' | 'renew' | 'wipe'>
  /** Rejects where nobody is logged in. Never asks anybody. */
  readonly connect: () => Promise<Connection<'credentials' | 'clockOffsetMs'>>
}

/** Answers that mean: this grant is over, however the records here look. */
const OVER: readonly string[] = ['GRANT_ENDED', 'NOT_FOUND']

/**
 * Fetches the next slice of a lease and puts it in the place of the one that the caller has `seen`. The caller sees to it that no
 * other process does the same. Where the grant is over at the endpoint nothing of it is left here, and it rejects with
 * `GRANT_ENDED`; `NOT_FOUND`: it ended here meanwhile. Whatever else it rejects with, the old slice stays until its own end.
 */
export async function renewLease(deps: RenewalDeps, seen: Lease): Promise<Lease> {
  const { leasing } = deps
  const lease = leasing.list().find(({ id, state }) => id === seen.id && state === 'active')
  if (lease === undefined) throw notLive(seen.target)
  if (isRenewed(lease, seen)) return lease
  const connection = await deps.connect()
  refuseForeign(connection.login(), lease)
  const next = await fetchGrant({ ...deps, api: connection.api }, lease).catch((error: unknown) => {
    refuseForeign(connection.login(), lease) // the login may have become another's over this call
    return endedOr(leasing, lease, error)
  })
  return leasing.renew(lease.id, next.deliveries).catch((error: unknown) => {
    throw isOver(error) ? notLive(lease.target) : error
  })
}

async function endedOr(leasing: RenewalDeps['leasing'], { id, target }: Lease, error: unknown): Promise<never> {
  if (!isOver(error)) throw error
  await leasing.wipe([id], 'revoked')
  throw new JitError(
    'GRANT_ENDED',
    `The grant for ${target} was ended at the endpoint: ${error.message}`,
    `To ask anew: jit elevate ${target} --reason TEXT`,
    { cause: error },
  )
}

const isOver = (error: unknown): error is JitError => error instanceof JitError && OVER.includes(error.code)
