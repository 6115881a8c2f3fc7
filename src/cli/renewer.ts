import { type ErrorCode, JitError } from '../base/errors.ts'
import { renewLease } from '../client/renewal.ts'
import type { Lease } from '../client/leases/types.ts'
import { systemClock } from '../platform/clock.ts'
import { connectionOf } from './connection.ts'
import { finishExchange } from './finish-exchange.ts'
import type { Installation } from './installation.ts'
import { loggedIn } from './logged-in.ts'
import { openLeasing } from './open-leasing.ts'
import type { LeaseHost } from './host.ts'

/** What came of it as plain data: the errors of one bundle are foreign to the other. */
export type Renewed =
  | { readonly lease: Lease }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string; readonly hint: string } }

/**
 * Renews one lease with the login of this installation, opened anew each time: it may have changed since. An entry of the bundle
 * of its own, because the short way of `credential-process` loads it too.
 */
export async function renewOnce(
  host: LeaseHost,
  installation: Pick<Installation, 'places' | 'root' | 'locks' | 'login'>,
  lease: Lease,
  signal: AbortSignal,
): Promise<Renewed> {
  const { env, platform } = host.process
  const connect = async () => connectionOf(await loggedIn({ env, platform, installation, signal }))
  const leasing = openLeasing(host, installation)
  try {
    return {
      lease: await renewLease({ leasing, connect, exchange: finishExchange, clock: systemClock, signal }, lease),
    }
  } catch (error) {
    if (!(error instanceof JitError)) throw error
    const { code, message, hint } = error
    return { failure: { code, message, hint } }
  }
}
