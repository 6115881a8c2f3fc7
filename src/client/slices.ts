import type { CloudCredential } from '../contract/credential.ts'
import type { Clock } from '../platform/clock.ts'
import { timeFor } from './leases/expiry.ts'
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
  const ends = endsAtCloud(credential)
  const validUntil = Math.max(...ends) + clockOffsetMs
  const sliceEndsAt = Math.min(Date.parse(credential.notAfter), ...ends) + clockOffsetMs
  if (sliceEndsAt >= grantEndsAt - SHORTEST_TAIL_MS) return { validUntil }
  const margin = Math.min(LONGEST_MARGIN_MS, Math.max(0, sliceEndsAt - now) / MARGIN_SHARE)
  return { validUntil, renewAt: Math.floor(sliceEndsAt - margin) }
}

/** AWS denies from the time fence on; Entra's tokens work to their own ends whatever the grant says. */
function endsAtCloud(credential: CloudCredential): readonly number[] {
  const expiration = Date.parse(credential.expiration)
  if (credential.cloud === 'aws') return [Math.min(expiration, Date.parse(credential.notAfter))]
  if (credential.cloud !== 'azure') return [expiration]
  return [expiration, ...credential.tokens.map(({ expiresOn }) => Date.parse(expiresOn))]
}

/** Whether a slice of this lease is near its end, or past it, by whichever clock is further. */
export const needsRenewal = (lease: Lease, clock: Clock): boolean =>
  lease.entries.some(({ renewAt }) => renewAt !== undefined && renewAt <= timeFor(lease, clock))

/** Whether `now` is what `before` was, renewed since. While a slice is being written its lease knows old and new secrets. */
export function isRenewed(now: Lease, before: Lease): boolean {
  const known = new Set(secretsOf(now))
  return secretsOf(before).some((hash) => !known.has(hash))
}

const secretsOf = ({ places }: Lease): readonly string[] => places.flatMap(({ secretHashes }) => secretHashes)
