import { renewLease } from '../client/renewal.ts'
import type { Lease } from '../client/leases/types.ts'
import { systemClock } from '../platform/clock.ts'
import { finishExchange } from './finish-exchange.ts'
import type { Installation } from './installation.ts'
import { loggedIn } from './logged-in.ts'
import { openLeasing } from './open-leasing.ts'
import type { RenewingHost } from './renewing.ts'

/**
 * Renews one lease with the login of this installation, opened anew each time: it may have changed since. An entry of the bundle
 * of its own, because the short way of `credential-process` loads it too.
 */
export function renewer(
  host: RenewingHost,
  installation: Pick<Installation, 'places' | 'root'>,
): (lease: Lease, signal: AbortSignal) => Promise<Lease> {
  const { env, platform } = host.process
  const { places } = installation
  const leasing = openLeasing(host, installation)
  return (lease, signal) => {
    const connect = async () => {
      const { identity, api } = await loggedIn({ env, platform, places, signal })
      return { endpoint: (await identity()).endpoint, api: await api() }
    }
    return renewLease({ leasing, connect, exchange: finishExchange, clock: systemClock, signal }, lease)
  }
}
