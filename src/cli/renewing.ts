import { join } from 'node:path'
import type { Lease } from '../client/leases/types.ts'
import { renewShared } from '../client/shared-renewal.ts'
import { systemClock } from '../platform/clock.ts'
import { withFreeLock } from '../platform/lock.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'

/** Programs wait for an answer: what starts `credential-process` has a minute at most (SDKs for Go and Java). */
export const CALLER_LIMIT_MS = 20_000

/** What asks for the next slice of a lease, once among all processes. Loads the renewer only where it is for this one to do. */
export function renewing(
  host: RenewingHost,
  { root, leases, notes, places }: Installation,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): (lease: Lease) => Promise<Lease> {
  const deps = {
    leases: () => leases.list(),
    notes,
    ifAlone: (work: () => Promise<Lease>) => withFreeLock(join(root, 'renewal.lock'), work),
    renew: async (lease: Lease, limited: AbortSignal) => {
      const { renewer } = await import('./renewer.ts')
      return renewer(host, { places, root })(lease, limited)
    },
    clock: systemClock,
    limitMs,
    signal,
  }
  return (lease) => renewShared(deps, lease)
}

export type RenewingHost = Pick<Host, 'process' | 'home' | 'script'>
