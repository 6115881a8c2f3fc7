import { join } from 'node:path'
import { type ErrorCode, EXIT_CODE, JitError } from '../base/errors.ts'
import { integer, object, oneOf, type Reader, record, string } from '../contract/narrow.ts'
import type { FileSystem } from '../platform/files.ts'
import { recordsIn } from '../platform/records.ts'

type Note = {
  readonly grant: string
  readonly target: string
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  /** Wall clock of this machine, ms since 1970. */
  readonly at: number
}

/** Why the last renewal of a grant brought no new slice; it is tried again. */
export type RenewalNote = Note & { readonly outcome: 'failed' }

/** Why a grant was ended from elsewhere, so that nothing of it is left here. */
export type EndNote = Note & {
  readonly outcome: 'ended'
  /** Somebody at a terminal has read it. */
  readonly told?: 'yes'
}

export type GrantNote = RenewalNote | EndNote

/**
 * One small file per grant, without a secret: `jit status` shows why something lapsed or is gone, and of many callers who wait
 * for one renewal all hear why it failed. Nothing depends on it: a full disk keeps no renewal from its work.
 */
export interface GrantNotes {
  list(): readonly GrantNote[]
  of(grant: string): GrantNote | undefined
  /** In place of the last one of that grant. Those of yesterday go. */
  put(note: GrantNote): void
  remove(grant: string): void
}

/** Named before ends were noted there too. */
const DIRECTORY = 'renewals'
const KEPT_MS = 24 * 3_600_000

const CODES = Object.keys(EXIT_CODE).filter((name): name is ErrorCode => name in EXIT_CODE)
const NOTE = { grant: string, target: string, code: oneOf(...CODES), message: string, hint: string, at: integer }
const readRenewalNote = object({ ...NOTE, outcome: oneOf('failed') })
const readEndNote = object({ ...NOTE, outcome: oneOf('ended') }, { told: oneOf('yes') })
const readNote: Reader<GrantNote> = (value, path) =>
  record(value, path)['outcome'] === 'ended' ? readEndNote(value, path) : readRenewalNote(value, path)

export function grantNotesIn(fs: FileSystem, root: string): GrantNotes {
  const records = recordsIn(fs, join(root, DIRECTORY), readNote)
  const list = (): readonly GrantNote[] => records.all().documents
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
