import { type ChannelRule, END_REASONS, type EndReason } from '../../contract/grant.ts'
import type { ReceiptOutcome } from '../../contract/receipt.ts'
import type { Cloud, DeliveryMode } from '../../contract/target.ts'
import type { Held } from '../sinks/clouds/types.ts'
import type { FormatName } from '../sinks/formats/types.ts'
import type { Heard } from './heard.ts'

/** `writing`: secrets may already lie at the places named. `stuck`: a wipe failed and is retried until it works. */
export type LeaseState = 'writing' | 'active' | 'wiping' | 'stuck'

/** See `PlannedFile`. */
export const PLACE_KINDS = ['entry', 'own', 'sealed', 'own-directory', 'debris', 'pointer'] as const
export type PlaceKind = (typeof PLACE_KINDS)[number]

/**
 * One place that a lease may hold secret bytes in. Absolute, after symlinks were resolved. All names beside it are derived from
 * the lease, so that a sweep finds them after a crash. The key of a `sealed` one lies in the key store, under a name that follows
 * from lease and cloud.
 */
export type Place = {
  readonly kind: PlaceKind
  /** How an `entry` lies in its file. */
  readonly format?: FormatName
  /** The wipe touches it only while this holds. */
  readonly held?: Held
  /** What a `pointer` says while it points to us, and what it said before. */
  readonly names?: string
  readonly before?: string
  readonly cloud: Cloud
  readonly profile: string
  readonly path: string
  /** The only temp file that may be written on the way to `path`. */
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
  /** Directories that jit made and removes when empty, innermost first. */
  readonly madeDirectories: readonly string[]
  /** SHA-256 (hex) of each secret written, to prove by search that it is gone; never the secret. */
  readonly secretHashes: readonly string[]
}

/** What a lease gives in one cloud. Times: ms since 1970 on this machine's clock. */
export type Entry = {
  readonly cloud: Cloud
  /** Name of profile, configuration or context. */
  readonly profile: string
  readonly role: string
  /** Who wrote it, e.g. `aws-files`. */
  readonly sink: string
  /** As really done; `Lease.deliver` is what was asked for. */
  readonly deliver: DeliveryMode
  readonly asDefault: boolean
  /** Why it is not as asked. */
  readonly note?: string
  /** Until when the cloud itself takes what lies here: after `Lease.endsAt` (Azure), or before it (slices). */
  readonly validUntil: number
  /** When this slice is to be renewed, where the grant outlives it. */
  readonly renewAt?: number
}

/** This machine's record of one grant: what is written where, until when. Holds no secret. */
export type Lease = {
  readonly version: 1
  /** The grant's id. */
  readonly id: string
  readonly target: string
  readonly endpoint: string
  /** Whose grant it is; see `HeldBy`. */
  readonly holder?: string
  /**
   * The grant that a `jit exec` started its program with, and that ends with it: this one, or the one in whose place it was put
   * (`jit extend`).
   */
  readonly usedBy?: string
  /** What was asked for. */
  readonly deliver: DeliveryMode
  /** One for each cloud that the target opens. */
  readonly entries: readonly Entry[]
  readonly state: LeaseState
  /** Wall clock of this machine, ms since 1970. */
  readonly writtenAt: number
  /** When all of it is wiped here; a renewal never moves it. */
  readonly endsAt: number
  /** See `Grant.channel`. */
  readonly channel?: ChannelRule
  /** When its endpoint was last heard. Of a strict lease; comes with the reading, and no entry holds it. */
  readonly heard?: Heard
  /** Boot clock and boot at writing; a clock set back never extends a lease. */
  readonly writtenAtBootSeconds: number
  readonly bootId?: string
  /** In the order of writing. */
  readonly places: readonly Place[]
  /** Why it is being ended, from `wiping` on. */
  readonly ending?: Ending
  /** Wipes that failed so far, why the last one did, and when the next is due (ms since 1970). */
  readonly attempts: number
  readonly lastError?: string
  readonly retryAt?: number
}

/**
 * `interrupted`: the process that was writing it died, so nobody knows whether it is whole. `stale`: it is strict, and the endpoint
 * was not heard for too long.
 */
export const ENDINGS = [...END_REASONS, 'interrupted', 'stale'] as const
export type Ending = (typeof ENDINGS)[number]

/**
 * A journal file that cannot be read as a lease: torn, foreign or from a newer version. Its secrets are searched by marker and
 * wiped all the same. `id` comes from the file's name.
 */
export type UnreadableLease = {
  readonly id: string
  readonly file: string
  readonly why: string
  /** Absolute paths found in what is left of its text, with kind and format where those can be read too. */
  readonly paths: readonly NamedPath[]
  /** Written by a newer jit, which can read it, or not to be opened by this user: kept as it is. */
  readonly newer: boolean
}

export type NamedPath = { readonly path: string; readonly kind?: PlaceKind; readonly format?: FormatName }

export type WipeOutcome =
  | { readonly lease: string; readonly target: string; readonly wiped: true; readonly reason: Ending }
  | { readonly lease: string; readonly target: string; readonly wiped: false; readonly why: string }

/** What the caller knows of a lease before it is written. */
export type NewLease = Pick<
  Lease,
  'id' | 'target' | 'endpoint' | 'holder' | 'usedBy' | 'deliver' | 'endsAt' | 'channel'
>

/**
 * What the endpoint does not know yet: durable, so that `revoke` offline is told on the next chance.
 * `add` is on disk when it returns. `remove` after the endpoint answered, or said that it has no use for the message.
 */
export interface Outbox {
  list(): readonly OutboxEntry[]
  add(message: OutboxEntry): void
  remove(message: OutboxEntry): void
}
export type OutboxEntry = EndMessage | ReceiptMessage

type Message = {
  readonly grant: string
  readonly endpoint: string
  /** Whose login can tell it; see `HeldBy`. */
  readonly holder?: string
  readonly target: string
  /** Wall clock of this machine, ms since 1970. */
  readonly at: number
}
/** A grant was ended here before its time. */
export type EndMessage = Message & { readonly kind: 'end'; readonly reason: EndReason }
/** What became of credentials here; see `Receipt`. */
export type ReceiptMessage = Message & {
  readonly kind: 'receipt'
  readonly outcome: ReceiptOutcome
  readonly machine: string
  readonly why?: string
}
