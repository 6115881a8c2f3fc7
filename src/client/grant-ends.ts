import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { ApprovalApi } from './approval/types.ts'
import type { Outbox, OutboxEntry } from './leases/types.ts'

/** How the endpoint can be told. `connect` rejects where nobody is logged in, or the login cannot be read. */
export type Reporting = {
  readonly outbox: Outbox
  readonly connect: () => Promise<Connection>
  readonly clock: Clock
}
export type Connection = { readonly endpoint: string; readonly api: Pick<ApprovalApi, 'endGrant'> }

/** How long a command may wait for the endpoint to confirm; what is not confirmed stays queued. */
const CONFIRM_TIMEOUT_MS = 5_000
/** No grant lives that long, so a message that old has nothing to say. */
const OUTDATED_MS = 30 * 24 * 3_600_000

/**
 * Tells the endpoint about every queued end, all at once. Resolves with the grants that it knows about now; never rejects:
 * the rest stays queued for the next start.
 */
export async function deliverOutbox(deps: Reporting, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { outbox, clock } = deps
  const [outdated, current] = split(outbox.list(), ({ at }) => clock.now() - at > OUTDATED_MS)
  for (const { grant } of outdated) outbox.remove(grant)
  if (current.length === 0) return new Set()
  const connection = await deps.connect().catch(() => undefined) // not logged in: queued until the next login
  if (connection === undefined) return new Set()
  const { api, endpoint } = connection
  const mine = current.filter((entry) => entry.endpoint === endpoint)
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_TIMEOUT_MS)])
  const told = await Promise.all(mine.map((entry) => tell(api, entry, limited)))
  const confirmed = mine.filter((_, i) => told[i] === true).map(({ grant }) => grant)
  for (const grant of confirmed) outbox.remove(grant)
  return new Set(confirmed)
}

async function tell(api: Pick<ApprovalApi, 'endGrant'>, { grant }: OutboxEntry, signal: AbortSignal): Promise<boolean> {
  try {
    await api.endGrant(grant, signal)
    return true
  } catch (error) {
    // Over already, or never known to this endpoint: there is nothing left to end.
    return error instanceof JitError && ['GRANT_ENDED', 'NOT_FOUND'].includes(error.code)
  }
}

function split<T>(all: readonly T[], test: (each: T) => boolean): readonly [T[], T[]] {
  return [all.filter(test), all.filter((each) => !test(each))]
}
