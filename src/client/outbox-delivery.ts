import { type ErrorCode, JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from './connection.ts'
import { isHeldBy } from './leases/holder.ts'
import type { EndMessage, Outbox, OutboxEntry } from './leases/types.ts'
import { foreign } from './live-lease.ts'

/** How the endpoint can be told. `connect` rejects where nobody is logged in, or the login cannot be read. */
export type Reporting = {
  readonly outbox: Outbox
  readonly connect: () => Promise<OutboxConnection>
  readonly clock: Clock
  /** Hears why something stays queued, where that matters; `about`: where it is not all of it. */
  readonly untold?: (why: unknown, about?: OutboxEntry) => void
}
type OutboxConnection = Connection<'endGrant' | 'receipt'>

/** How long a command may wait for the endpoint to confirm; what is not confirmed stays queued. */
const CONFIRM_TIMEOUT_MS = 5_000
/** No grant lives that long, so a message that old has nothing to say. */
const OUTDATED_MS = 30 * 24 * 3_600_000

/** Over already, or never known to this endpoint: there is nothing left to end. */
const NOTHING_TO_END: readonly ErrorCode[] = ['GRANT_ENDED', 'NOT_FOUND']
/** Whose grant it is was lost with its record, and the endpoint says of somebody else's what it says of none. */
const NOTHING_TO_END_OF_UNKNOWN: readonly ErrorCode[] = ['GRANT_ENDED']
/** An endpoint of an earlier version knows no receipts, and takes none for somebody else's grant. */
const NO_USE_FOR_RECEIPT: readonly ErrorCode[] = ['GRANT_ENDED', 'NOT_FOUND', 'DENIED']

/**
 * Tells the endpoint about everything queued, all at once. Resolves with what it knows now; never rejects: the rest stays queued for
 * the next start.
 */
export async function deliverOutbox(deps: Reporting, signal: AbortSignal): Promise<readonly OutboxEntry[]> {
  const { outbox, clock } = deps
  const [outdated, current] = split(outbox.list(), ({ at }) => clock.now() - at > OUTDATED_MS)
  for (const message of outdated) outbox.remove(message)
  if (current.length === 0) return []
  const connection = await deps.connect().catch((why: unknown) => deps.untold?.(why)) // not logged in: queued until the next login
  if (connection === undefined) return []
  const login = connection.login()
  const [mine, others] = split(current, (message) => isHeldBy(message, login))
  for (const message of others) deps.untold?.(foreign(message, login), message)
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CONFIRM_TIMEOUT_MS)])
  const told = await Promise.all(mine.map((message) => tell(deps, connection, message, limited)))
  const confirmed = mine.filter((_, i) => told[i] === true)
  for (const message of confirmed) outbox.remove(message)
  return confirmed
}

/** The grants among these messages whose end was told. */
export const endedGrants = (messages: readonly OutboxEntry[]): ReadonlySet<string> =>
  new Set(messages.filter(isEnd).map(({ grant }) => grant))

export const isEnd = (message: OutboxEntry): message is EndMessage => message.kind === 'end'

async function tell(
  { untold }: Reporting,
  connection: OutboxConnection,
  message: OutboxEntry,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { api } = connection
    if (message.kind === 'end') await api.endGrant(message.grant, signal)
    else await api.receipt(message.grant, receiptOf(message), signal)
    return true
  } catch (error) {
    const nothingToEnd = message.holder === undefined ? NOTHING_TO_END_OF_UNKNOWN : NOTHING_TO_END
    const final = message.kind === 'end' ? nothingToEnd : NO_USE_FOR_RECEIPT
    // of somebody else's grant the endpoint says the same, and the login may have become another's over this call
    if (error instanceof JitError && final.includes(error.code) && isHeldBy(message, connection.login())) return true
    untold?.(error, message)
    return false
  }
}

const receiptOf = ({ outcome, at, machine, why }: Exclude<OutboxEntry, EndMessage>) => ({
  outcome,
  at: new Date(at).toISOString(),
  machine,
  ...(why === undefined ? {} : { why }),
})

function split<T>(all: readonly T[], test: (each: T) => boolean): readonly [T[], T[]] {
  return [all.filter(test), all.filter((each) => !test(each))]
}
