import type { Span } from '../../../base/lines.ts'
import type { IsSecret } from '../../../base/unmarked-secrets.ts'

/** Kinds of file that belong to the user and take an entry of ours among his own. */
export const FORMAT_NAMES = [
  'aws-credentials',
  'aws-config',
  'kubeconfig',
  'az-profile',
  'az-token-cache',
  'az-service-principals',
  'az-clouds',
] as const
export type FormatName = (typeof FORMAT_NAMES)[number]

/** An entry of ours, found in a file by the marks that it carries. */
export type Found = {
  readonly lease: string
  /** Unix seconds, from its own mark: a lost journal does not save a secret. */
  readonly expiresAt: number
  /** Name of the profile, context or the like; absent where the entry is torn. */
  readonly profile?: string
  /** Secret bytes, for a scrub of the same length. */
  readonly secrets: readonly Span[]
}

export type NewEntry = {
  readonly lease: string
  readonly profile: string
  /** Unix seconds: the end of the lease. */
  readonly expiresAt: number
  /** What only this format understands, as its sink made it. */
  readonly content: string
}

/** What is to be written, before anybody was asked for it. */
export type Wanted = { readonly profile: string; readonly asDefault: boolean; readonly content?: string }

/**
 * How an entry of ours lies in a file of the user's. Pure: bytes in, bytes out, nothing remembered in between, because whoever
 * removes an entry may be another process after a crash, and other programs write the file meanwhile. So what has to be given
 * back (the default of before, a displaced entry) lies in the entry itself. One property suite runs over all formats.
 */
export interface Format {
  readonly name: FormatName
  /** False where nothing secret goes in: then the file keeps its mode. */
  readonly secret: boolean
  /**
   * Throws `FILE_UNREADABLE` where the client itself could not read the file, and `PROFILE_TAKEN` where the user has an entry of
   * this name that is not ours. Entries of ours are no obstacle: `insert` replaces those of the same lease or profile.
   */
  check(path: string, bytes: Buffer, wanted: Wanted): void
  /** Our entries, in file order; torn ones too. */
  find(bytes: Buffer): readonly Found[]
  /** The file with this entry; every other byte as it was. An absent file is an empty buffer. Throws `ENDPOINT_INVALID` for values that are not safe to write. */
  insert(bytes: Buffer, entry: NewEntry): Buffer
  /** The inverse of `insert`, in any order: without the chosen entries, all else byte for byte, also what others wrote since. Empty where nothing is left that `insert` did not make. */
  remove(bytes: Buffer, pick: (found: Found) => boolean): Buffer
  /** Takes away what is left of a lease after a program has rewritten the file without our marks. */
  removeUnmarked(bytes: Buffer, ours: { readonly lease: string; readonly profile: string }, isSecret: IsSecret): Buffer
  /** Whether a secret lies anywhere, marked or not. */
  holdsSecret(bytes: Buffer, isSecret: IsSecret): boolean
  /** What another program has newly written, with our entries as they are in `current`; those that only `theirs` has may be wiped long since. */
  graft(theirs: Buffer, current: Buffer): Buffer
  /** Lock file of the client's own protocol, where it has one (`az`): held while jit changes the file. */
  lockFile?(path: string): string
}
