import { join } from 'node:path'
import { type ErrorCode, EXIT_CODE, JitError } from '../base/errors.ts'
import { STALE_CHANNEL_SECONDS } from '../contract/channel.ts'
import type { EndReason } from '../contract/grant.ts'
import { integer, object, oneOf, string } from '../contract/narrow.ts'
import type { FileSystem } from '../platform/files.ts'
import { recordsIn } from '../platform/records.ts'
import type { Lease, WipeOutcome } from './leases/types.ts'

/** How the last renewal of a grant went, where it brought no new slice; or that the grant was ended from elsewhere. */
export type RenewalNote = {
  readonly grant: string
  readonly target: string
  /** `ended`: the grant is over at the endpoint, so nothing of it is left here. `failed`: it is tried again. */
  readonly outcome: 'failed' | 'ended'
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  /** Wall clock of this machine, ms since 1970. */
  readonly at: number
  /** Somebody at a terminal has read it. */
  readonly told?: 'yes'
}

/**
 * One small file per grant, without a secret: `jit status` shows why something lapsed or is gone, and of many callers who wait
 * for one renewal all hear why it failed. Nothing depends on it: a full disk keeps no renewal from its work.
 */
export interface RenewalNotes {
  list(): readonly RenewalNote[]
  of(grant: string): RenewalNote | undefined
  /** Those of yesterday go. */
  put(note: RenewalNote): void
  remove(grant: string): void
}

const KEPT_MS = 24 * 3_600_000

const CODES = Object.keys(EXIT_CODE).filter((name): name is ErrorCode => name in EXIT_CODE)
const readNote = object(
  {
    grant: string,
    target: string,
    outcome: oneOf('failed', 'ended'),
    code: oneOf(...CODES),
    message: string,
    hint: string,
    at: integer,
  },
  { told: oneOf('yes') },
)

export function renewalNotesIn(fs: FileSystem, root: string): RenewalNotes {
  const records = recordsIn(fs, join(root, 'renewals'), readNote)
  const list = (): readonly RenewalNote[] => records.all().documents
  return {
    list,
    of: (id) => list().find(({ grant }) => grant === id),
    put: (note) =>
      unlessImpossible(() => {
        for (const { grant, at } of list()) if (Math.abs(note.at - at) > KEPT_MS) records.remove(grant)
        records.put(note.grant, note)
      }),
    remove: (grant) => unlessImpossible(() => records.remove(grant)),
  }
}

/** The endpoint says that a grant is over before its time. */
export const noteEnded = (
  notes: Pick<RenewalNotes, 'put'>,
  lease: Pick<Lease, 'id' | 'target'>,
  reason: Exclude<EndReason, 'ttl'>,
  at: number,
): void => notes.put(endNote(lease, ENDED[reason](lease.target), at))

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

/** What a client hears that asks for a grant which was ended from elsewhere. */
export function endedElsewhere(notes: Pick<RenewalNotes, 'list'>, target: string): JitError | undefined {
  const note = endsIn(notes).find((each) => each.target === target)
  return note && new JitError(note.code, note.message, note.hint)
}

/** Grants that were ended from elsewhere, the last one first. */
export const endsIn = (notes: Pick<RenewalNotes, 'list'>): readonly RenewalNote[] =>
  notes
    .list()
    .filter(({ outcome }) => outcome === 'ended')
    .toSorted((a, b) => b.at - a.at)

/** Strict leases that a sweep has ended because nothing was heard. */
export function noteStale(notes: Pick<RenewalNotes, 'put'>, outcomes: readonly WipeOutcome[], at: number): void {
  for (const each of outcomes)
    if (each.wiped && each.reason === 'stale')
      notes.put(endNote({ id: each.lease, target: each.target }, over(each.target, silence(each.target)), at))
}

const silence = (target: string): string =>
  `Nothing was heard from the endpoint for ${STALE_CHANNEL_SECONDS} seconds, and ${target} is strict.`

const endNote = (
  { id, target }: Pick<Lease, 'id' | 'target'>,
  { code, message, hint }: JitError,
  at: number,
): RenewalNote => ({
  grant: id,
  target,
  outcome: 'ended',
  code,
  message,
  hint,
  at,
})

function unlessImpossible(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof JitError)) throw error
  }
}
