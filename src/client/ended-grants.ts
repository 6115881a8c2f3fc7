import { JitError } from '../base/errors.ts'
import { STALE_CHANNEL_SECONDS } from '../contract/channel.ts'
import type { EndReason } from '../contract/grant.ts'
import type { EndNote, GrantNotes } from './grant-notes.ts'
import type { Lease, WipeOutcome } from './leases/types.ts'

/** Grants that were ended from elsewhere, the last one first. */
export const endsIn = (notes: Pick<GrantNotes, 'list'>): readonly EndNote[] =>
  notes
    .list()
    .filter((note) => note.outcome === 'ended')
    .toSorted((a, b) => b.at - a.at)

/** What a client hears that asks for a grant which was ended from elsewhere. */
export function endedElsewhere(notes: Pick<GrantNotes, 'list'>, target: string): JitError | undefined {
  const note = endsIn(notes).find((each) => each.target === target)
  return note && new JitError(note.code, note.message, note.hint)
}

/** The endpoint says that a grant is over before its time. */
export const noteEnded = (
  notes: Pick<GrantNotes, 'put'>,
  lease: Pick<Lease, 'id' | 'target'>,
  reason: Exclude<EndReason, 'ttl'>,
  at: number,
): void => notes.put(endNote(lease, ENDED[reason](lease.target), at))

/** Strict leases that a sweep has ended because nothing was heard. */
export function noteStale(notes: Pick<GrantNotes, 'put'>, outcomes: readonly WipeOutcome[], at: number): void {
  for (const each of outcomes)
    if (each.wiped && each.reason === 'stale')
      notes.put(endNote({ id: each.lease, target: each.target }, over(each.target, silence(each.target)), at))
}

/** Of a grant that the kill switch has ended: asking anew is a question for people first. */
export const killed = (target: string): JitError =>
  new JitError(
    'GRANT_ENDED',
    `An administrator has stopped the grant for ${target}.`,
    `Ask why before you ask anew: jit elevate ${target} --reason TEXT`,
  )

const over = (target: string, message: string): JitError =>
  new JitError('GRANT_ENDED', message, `To ask anew: jit elevate ${target} --reason TEXT`)

const ENDED = {
  revoked: (target) => over(target, `The grant for ${target} was ended at the endpoint.`),
  killed,
} as const satisfies Record<string, (target: string) => JitError>

const silence = (target: string): string =>
  `Nothing was heard from the endpoint for ${STALE_CHANNEL_SECONDS} seconds, and ${target} is strict.`

const endNote = (
  { id, target }: Pick<Lease, 'id' | 'target'>,
  { code, message, hint }: JitError,
  at: number,
): EndNote => ({ grant: id, target, outcome: 'ended', code, message, hint, at })
