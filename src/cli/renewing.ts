import { join } from 'node:path'
import { JitError } from '../base/errors.ts'
import type { Lease } from '../client/leases/types.ts'
import { type RenewalLimits, renewShared } from '../client/shared-renewal.ts'
import { systemClock } from '../platform/clock.ts'
import { withFreeLock } from '../platform/lock.ts'
import type { LeaseHost } from './host.ts'
import type { Installation } from './installation.ts'

/** A program waits for an answer, and the SDKs for Go and Java do so for a minute. */
export const FOR_CALLERS: RenewalLimits = { renewMs: 30_000, waitMs: 55_000 }
/** Google's libraries give up after the ten seconds that our credentials file allows. */
export const FOR_GOOGLE: RenewalLimits = { renewMs: 8_000, waitMs: 8_000 }
/** Nobody waits, and an endpoint may take that long to exchange at every cloud, with its own retries. */
export const FOR_REAPER: RenewalLimits = { renewMs: 60_000, waitMs: 60_000 }

/** What asks for the next slice of a lease, once among all processes. Loads the renewer only where it is for this one to do. */
export function renewing(
  host: LeaseHost,
  installation: Installation,
  { limits, signal }: { readonly limits: RenewalLimits; readonly signal: AbortSignal },
): (lease: Lease) => Promise<Lease> {
  const { locks, leases, notes } = installation
  const deps = {
    leases: () => leases.list(),
    notes,
    ifAlone: (work: () => Promise<Lease>) => withFreeLock(join(locks(), 'renewal.lock'), work),
    renew: async (lease: Lease, limited: AbortSignal) => {
      const { renewOnce } = await import('./renewer.ts')
      const renewed = await renewOnce(host, installation, lease, limited)
      if ('lease' in renewed) return renewed.lease
      const { code, message, hint } = renewed.failure
      throw new JitError(code, message, hint)
    },
    clock: systemClock,
    limits,
    signal,
  }
  return (lease) => renewShared(deps, lease)
}
