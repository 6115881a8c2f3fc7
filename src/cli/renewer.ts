import { join } from 'node:path'
import { renewLease } from '../client/renewal.ts'
import type { Lease } from '../client/leases/types.ts'
import type { Leasing } from '../client/leasing.ts'
import { systemClock } from '../platform/clock.ts'
import { withLock } from '../platform/lock.ts'
import { finishExchange } from './finish-exchange.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { loggedIn } from './logged-in.ts'

/** As long as an endpoint may take to exchange at every cloud, with its own retries. */
const LOCK_WAIT_MS = 30_000

/** Renews the slice of one lease with the login of this installation, opened anew each time: it may have changed since. */
export function renewer(
  host: Host,
  { places, root }: Installation,
  leasing: Leasing,
  signal: AbortSignal,
): (id: string) => Promise<Lease | undefined> {
  const { env, platform } = host.process
  const connect = async () => {
    const { identity, api } = await loggedIn({ env, platform, places, signal })
    return { endpoint: (await identity()).endpoint, api: await api() }
  }
  const oneAtATime = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(join(root, 'renewal.lock'), systemClock, LOCK_WAIT_MS, work)
  return (id) => renewLease({ leasing, connect, oneAtATime, exchange: finishExchange, clock: systemClock, signal }, id)
}
