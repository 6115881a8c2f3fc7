import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { ApprovalApi } from './approval/types.ts'
import type { Lease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { fetchParcel, type ParcelDeps } from './parcel.ts'
import { needsRenewal } from './slices.ts'

export type RenewalDeps = Pick<ParcelDeps, 'exchange' | 'signal'> & {
  readonly leasing: Pick<Leasing, 'list' | 'renew' | 'wipe'>
  /** Rejects where nobody is logged in. Never asks anybody. */
  readonly connect: () => Promise<{
    readonly endpoint: string
    readonly api: Pick<ApprovalApi, 'credentials' | 'clockOffsetMs'>
  }>
  /** Runs `work` while no other process renews. */
  readonly oneAtATime: <T>(work: () => Promise<T>) => Promise<T>
  readonly clock: Pick<Clock, 'now'>
}

/** Answers that mean: this grant is over, however the records here look. */
const OVER: readonly string[] = ['GRANT_ENDED', 'NOT_FOUND']

/**
 * Fetches the next slice of a lease and puts it in the place of the old one. `undefined` where the grant is over at the endpoint:
 * then nothing of it is left here. Of many callers at once one asks the endpoint; the others find its result (DESIGN §7.9).
 * Throws what the endpoint or the cloud says; the old slice then stays until its own end.
 */
export async function renewLease(deps: RenewalDeps, id: string): Promise<Lease | undefined> {
  return deps.oneAtATime(async () => {
    const lease = deps.leasing.list().find((each) => each.id === id && each.state === 'active')
    if (lease === undefined || !needsRenewal(lease, deps.clock)) return lease
    try {
      return await deps.leasing.renew(id, await nextSlice(deps, lease))
    } catch (error) {
      if (!(error instanceof JitError && OVER.includes(error.code))) throw error
      await deps.leasing.wipe([id], 'revoked')
      return undefined
    }
  })
}

async function nextSlice(deps: RenewalDeps, { id, target, endpoint }: Lease) {
  const connection = await deps.connect()
  if (connection.endpoint !== endpoint)
    throw new JitError(
      'LOGIN_NEEDED',
      `${target} was given by ${endpoint}, and the login here is at ${connection.endpoint}.`,
      `Type: jit login ${endpoint}`,
    )
  return (await fetchParcel({ ...deps, ...connection }, { id, target })).deliveries
}
