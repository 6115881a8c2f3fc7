import { END_REASONS, type EndReason } from '../../contract/grant.ts'
import type { Cloud, DeliveryMode } from '../../contract/target.ts'

/** `writing`: secrets may already lie at the places named. `stuck`: a wipe failed and is retried until it works. */
export type LeaseState = 'writing' | 'active' | 'wiping' | 'stuck'

/**
 * One place that a lease may hold secret bytes in. Absolute, after symlinks were resolved. `temp` is the name of the only
 * temp file that the sink may use, derived from the lease so that a sweep finds it after a crash.
 */
export type Place = {
  readonly sink: string
  readonly path: string
  readonly temp: string
  /**
   * Redo record of an in-place removal (hard-linked or bind-mounted files, which must keep their inode): lets a sweep finish
   * a splice that a crash cut in two.
   */
  readonly redo: string
  /** Second link that keeps the displaced file within reach while a foreign writer may still hold it open (security.md §4.5). */
  readonly backup: string
  readonly existed: boolean
  /** Permission bits to give back at the wipe; absent where the file did not exist. */
  readonly mode?: number
  /** Directories that the sink made and removes when empty, innermost first. */
  readonly madeDirectories: readonly string[]
  /** SHA-256 (hex) of each secret written, to prove by search that it is gone; never the secret. */
  readonly secretHashes: readonly string[]
}

/** This machine's record of one grant: what is written where, until when. Holds no secret. */
export type Lease = {
  readonly version: 1
  /** The grant's id. */
  readonly id: string
  readonly target: string
  readonly endpoint: string
  readonly cloud: Cloud
  readonly deliver: DeliveryMode
  readonly profile: string
  readonly role: string
  readonly state: LeaseState
  /** Wall clock of this machine, ms since 1970. */
  readonly writtenAt: number
  readonly endsAt: number
  /** Boot clock and boot at writing; a clock set back never extends a lease. */
  readonly writtenAtBootSeconds: number
  readonly bootId?: string
  readonly places: readonly Place[]
  /** Why it is being ended, from `wiping` on. */
  readonly ending?: Ending
  /** Wipes that failed so far, why the last one did, and when the next is due (ms since 1970). */
  readonly attempts: number
  readonly lastError?: string
  readonly retryAt?: number
}

/** `interrupted`: the process that was writing it died, so nobody knows whether it is whole. */
export const ENDINGS = [...END_REASONS, 'interrupted'] as const
export type Ending = (typeof ENDINGS)[number]

/**
 * A journal file that cannot be read as a lease: torn, foreign or from a newer version. Its secrets are searched by marker and
 * wiped all the same. `id` comes from the file's name.
 */
export type UnreadableLease = {
  readonly id: string
  readonly file: string
  readonly why: string
  /** Absolute paths found in what is left of its text. */
  readonly paths: readonly string[]
  /** Written by a newer jit, which can read it: kept as it is. */
  readonly newer: boolean
}

export type WipeOutcome =
  | { readonly lease: string; readonly target: string; readonly wiped: true; readonly reason: Ending }
  | { readonly lease: string; readonly target: string; readonly wiped: false; readonly why: string }

/** What the caller knows of a lease before it is written. */
export type NewLease = Omit<
  Lease,
  | 'version'
  | 'state'
  | 'writtenAt'
  | 'writtenAtBootSeconds'
  | 'bootId'
  | 'places'
  | 'ending'
  | 'attempts'
  | 'lastError'
  | 'retryAt'
>

/**
 * Grants whose end the endpoint does not know yet: durable, so that `revoke` offline is told on the next chance.
 * `add` is on disk when it returns. `remove` after the endpoint answered, or said that the grant is over.
 */
export interface Outbox {
  list(): readonly OutboxEntry[]
  add(entry: OutboxEntry): void
  remove(grant: string): void
}
export type OutboxEntry = {
  readonly grant: string
  readonly endpoint: string
  readonly target: string
  readonly reason: EndReason
  /** Wall clock of this machine, ms since 1970. */
  readonly at: number
}
