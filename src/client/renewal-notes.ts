import { join } from 'node:path'
import { type ErrorCode, EXIT_CODE, JitError } from '../base/errors.ts'
import { integer, object, oneOf, string } from '../contract/narrow.ts'
import type { FileSystem } from '../platform/files.ts'
import { recordsIn } from '../platform/records.ts'

/** How the last renewal of a grant went, where it brought no new slice. */
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
const readNote = object({
  grant: string,
  target: string,
  outcome: oneOf('failed', 'ended'),
  code: oneOf(...CODES),
  message: string,
  hint: string,
  at: integer,
})

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

function unlessImpossible(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof JitError)) throw error
  }
}
