import {
  type ChannelAnswer,
  type ChannelCall,
  type EndedGrant,
  LONGEST_CHANNEL_WAIT_SECONDS,
} from '../../contract/channel.ts'
import type { GrantRow } from '../store/types.ts'
import type { Deps } from './deps.ts'
import { samePerson } from './record.ts'
import type { Caller } from './types.ts'
import { viewGrant } from './view.ts'

/** A timer may fire a moment before the database's clock is there. */
const TIMER_EARLY_MS = 20

/**
 * Which of the named grants are over. Answers as soon as one is, else with none when the wait ends; at once where there is no
 * place to wait. It keeps nothing between calls.
 */
export async function channel(
  deps: Deps,
  caller: Caller,
  { grants, waitSeconds }: ChannelCall,
  signal: AbortSignal,
): Promise<ChannelAnswer> {
  const ids = [...new Set(grants)]
  const waitMs = Math.min(waitSeconds, LONGEST_CHANNEL_WAIT_SECONDS) * 1_000
  const waiter = waitMs > 0 ? deps.ends.join(ids, caller.person) : undefined
  try {
    const { ended, nextEndMs } = await look(deps, caller, ids)
    if (ended.length > 0 || waiter === undefined || signal.aborted) return { ended }
    await waiter.news(Math.min(waitMs, nextEndMs + TIMER_EARLY_MS), signal)
  } finally {
    waiter?.leave()
  }
  return { ended: (await look(deps, caller, ids)).ended }
}

/** What is over now, and how long until the next of the others reaches its end. */
async function look(deps: Deps, caller: Caller, ids: readonly string[]) {
  const [rows, now] = [await deps.store.grantsNamed(ids), await deps.store.now()]
  const mine = new Map(rows.filter((row) => isHeldBy(caller, row)).map((row) => [row.id, row]))
  const ended = ids.flatMap((id): readonly EndedGrant[] => {
    const row = mine.get(id)
    // The same for a grant that never was and for somebody else's: it tells nothing, and what a machine cannot name it should not have.
    if (row === undefined) return [{ grant: id, reason: 'revoked' }]
    const { state, endReason } = viewGrant(deps, row, now)
    return state === 'ended' ? [{ grant: id, reason: endReason ?? 'ttl' }] : []
  })
  return { ended, nextEndMs: Math.min(...[...mine.values()].map(({ endsAt }) => endsAt - now)) }
}

/** By any key of his: whether he still may have it is not asked, only whether it is his. */
const isHeldBy = ({ person }: Caller, { holderIssuer: issuer, holderSubject: subject }: GrantRow): boolean =>
  samePerson(person, { issuer, subject })
