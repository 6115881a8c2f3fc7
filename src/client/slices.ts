import type { CloudCredential } from '../contract/credential.ts'
import type { Clock } from '../platform/clock.ts'
import type { Entry, Lease } from './leases/types.ts'

/** Clouds count in seconds: a grant that outlives its slice by less is not worth another exchange. */
const SHORTEST_TAIL_MS = 2_000
/** Renewed with a third of the slice left, ten minutes at most: clients that refresh five minutes early find the new one. */
const MARGIN_SHARE = 3
const LONGEST_MARGIN_MS = 10 * 60_000

/** All in ms since 1970 on this machine's clock, but for the offset: this machine's clock minus the endpoint's. */
type Frame = { readonly now: number; readonly grantEndsAt: number; readonly clockOffsetMs: number }

/**
 * Until when a cloud takes a credential, and when the next slice is due. A grant that is longer than a slice is renewed, and each
 * renewal asks the endpoint again, so a revoked grant dies at its next one (DESIGN §6).
 */
export function entryTimes(
  credential: CloudCredential,
  { now, grantEndsAt, clockOffsetMs }: Frame,
): Pick<Entry, 'validUntil' | 'renewAt'> {
  const validUntil = endAtCloud(credential) + clockOffsetMs
  const sliceEndsAt = Math.min(Date.parse(credential.notAfter) + clockOffsetMs, validUntil)
  if (sliceEndsAt >= grantEndsAt - SHORTEST_TAIL_MS) return { validUntil }
  const margin = Math.min(LONGEST_MARGIN_MS, Math.max(0, sliceEndsAt - now) / MARGIN_SHARE)
  return { validUntil, renewAt: Math.floor(sliceEndsAt - margin) }
}

/** AWS denies from the time fence on; Entra's tokens work to their own end whatever the grant says. */
function endAtCloud(credential: CloudCredential): number {
  const times = credential.cloud === 'azure' ? credential.tokens.map(({ expiresOn }) => Date.parse(expiresOn)) : []
  const expiration = Math.max(Date.parse(credential.expiration), ...times)
  return credential.cloud === 'aws' ? Math.min(expiration, Date.parse(credential.notAfter)) : expiration
}

/** Whether a slice of this lease is near its end, or past it. */
export const needsRenewal = ({ entries }: Pick<Lease, 'entries'>, clock: Pick<Clock, 'now'>): boolean =>
  entries.some(({ renewAt }) => renewAt !== undefined && renewAt <= clock.now())
