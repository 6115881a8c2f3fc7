import type { EndReason } from '../../contract/grant.ts'
import type { Receipt } from '../../contract/receipt.ts'
import type { RequestState } from '../../contract/request.ts'
import type { StopScope } from '../../contract/stop.ts'

/**
 * The storage port. SQLite and PostgreSQL implement it with the same portable SQL; `test/contract/store.test.ts` runs over both.
 * Times are milliseconds since 1970 on the database's clock. Members called `…Json` are JSON text that the store never looks into.
 */
export interface Store extends Reads {
  /** As messages and `check` name it, e.g. `SQLite /var/lib/jit/endpoint.db`. */
  readonly name: string
  /**
   * Runs `work` in one write transaction and resolves once its commit is durable. A rejection of `work` undoes all it did
   * and is passed on. `work` awaits nothing but `tx`: others wait for it.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** `none`: the first start makes it. `older`: of an earlier version, and the next start brings it up to date. */
export type StoreState = 'none' | 'older' | 'ready'

/** Outside a transaction these see committed state only. */
export interface Reads {
  /** The database's own time. */
  now(): Promise<number>
  request(id: string): Promise<RequestRow | undefined>
  /** Newest first. */
  requestsBy(person: PersonKey, limit: number): Promise<readonly RequestRow[]>
  /** Requests that may still be decided, the next to expire first, after `after`. */
  undecided(limit: number, after?: Pick<RequestRow, 'expiresAt' | 'id'>): Promise<readonly RequestRow[]>
  /** How many requests of `person` may still be decided; counts no further than `most`. */
  countUndecided(person: PersonKey, most: number): Promise<number>
  /** Those of `ids` that may no longer be decided, or never existed. */
  settledAmong(ids: readonly string[]): Promise<readonly string[]>
  approvals(requestIds: readonly string[]): Promise<readonly ApprovalRow[]>
  grant(id: string): Promise<GrantRow | undefined>
  grantsOf(requestIds: readonly string[]): Promise<readonly GrantRow[]>
  /** Those of `ids` that exist. */
  grantsNamed(ids: readonly string[]): Promise<readonly GrantRow[]>
  /** Grants that nobody has ended, scheduled ones too, with their requests; those that end after `after`, the next to end first. */
  unendedGrants(limit: number, after: Pick<GrantRow, 'endsAt' | 'id'>): Promise<readonly HeldGrant[]>
  /** Ids of grants that were ended before their time, since `sinceMs`. */
  endedSince(sinceMs: number): Promise<readonly string[]>
  /** Grants with what is known of their wipe, the last to end first. */
  followed(query: FollowedQuery): Promise<readonly FollowedGrant[]>
  receipts(grantIds: readonly string[]): Promise<readonly ReceiptRow[]>
  stop(id: string): Promise<StopRow | undefined>
  /** Stops that are not lifted, the oldest first. There are few. */
  stopsInForce(): Promise<readonly StopRow[]>
  /** Audit leaves in order, from `fromSeq` on. */
  leaves(fromSeq: number, limit: number): Promise<readonly LeafRow[]>
  lastLeaf(): Promise<Pick<LeafRow, 'seq' | 'hash'> | undefined>
  /** Whether `claim` gave this away and its time is not up. */
  claimed(kind: string, hash: string): Promise<boolean>
  /** All keys of one use, the oldest activation first. */
  signingKeys(use: string): Promise<readonly SigningKeyRow[]>
}

export interface Transaction extends Reads {
  /** Until the commit, no other transaction gets past `lock` of the same name. The audit lock is taken last of all, or two transactions can wait for each other. */
  lock(name: LockName): Promise<void>
  /** Until the commit, nobody gets past `lock` of that name; others may share it. */
  share(name: LockName): Promise<void>

  /** False: the actor used the key before; `idempotencyKey` says for what. */
  rememberIdempotencyKey(row: IdempotencyRow): Promise<boolean>
  idempotencyKey(person: PersonKey, key: string): Promise<IdempotencyRow | undefined>

  insertRequest(row: RequestRow): Promise<void>
  /** The request if it may still be decided, held against every other decision until the commit. */
  holdUndecided(id: string): Promise<RequestRow | undefined>
  /** Settles a request that may still be decided. False: it no longer may, and nothing changed. */
  settleRequest(id: string, outcome: Settlement): Promise<boolean>
  /** Settles as `expired` what was pending past its time, and returns it; at most `limit`. */
  expireRequests(limit: number): Promise<readonly RequestRow[]>
  /** One row per person: a later approval of the same person takes the place of the first. */
  putApproval(row: ApprovalRow): Promise<void>

  insertGrants(rows: readonly GrantRow[]): Promise<void>
  /** The grant if it is active now, marked as issued now, and held against every other change until the commit. */
  holdActive(id: string): Promise<GrantRow | undefined>
  /** Ends a grant whose time is not up. `undefined`: it had ended, and nothing changed. */
  endGrant(id: string, reason: EndReason): Promise<GrantRow | undefined>

  /** What machines have told of the grant, which is held until the commit: where two tell at once, the second sees the first. */
  heldReceipts(grantId: string): Promise<readonly ReceiptRow[]>
  /**
   * Notes what a machine tells of a grant's credentials, and whether the grant counts as wiped. `stuck` does not take the
   * place of a `wiped` that came after the last issue. False: it said so before, and nothing changed.
   */
  putReceipt(row: Omit<ReceiptRow, 'recordedAt'>): Promise<boolean>
  /** Marks grants that were issued and are over for `graceMs` without a confirmed wipe, each once, and returns them; at most `limit`. */
  markUnconfirmed(graceMs: number, limit: number): Promise<readonly GrantRow[]>

  insertStop(row: StopRow): Promise<void>
  /** `undefined`: there is none of that id in force, and nothing changed. */
  liftStop(id: string): Promise<StopRow | undefined>
  /** All that the stop ends has ended. */
  stopCarriedOut(id: string): Promise<void>

  insertLeaves(rows: readonly LeafRow[]): Promise<void>

  /** Rejects where `kid` exists. Take `lock('keys')` first to decide upon `signingKeys`. */
  insertSigningKey(row: SigningKeyRow): Promise<void>
  /** Sets or brings forward when a key retires. False: there is no such key, or it retires sooner. */
  retireSigningKey(kid: string, retireAt: number): Promise<boolean>

  /** Single use: true for the first caller, false for every later one until `expiresAt`. `kind` keeps name spaces apart (`id-token`). */
  claim(kind: string, hash: string, expiresAt: number): Promise<boolean>
  /** Deletes claims past their time and idempotency keys older than `olderThanMs`; at most `limit` of each. Returns how many went. */
  prune(olderThanMs: number, limit: number): Promise<number>
}

export type LockName = 'audit' | 'keys' | 'sweep' | 'stops'

/** What identifies a person (OpenID Connect Core §5.7). */
export type PersonKey = { readonly issuer: string; readonly subject: string }

export type RequestRow = {
  readonly id: string
  readonly state: RequestState
  readonly requesterIssuer: string
  readonly requesterSubject: string
  /** What was asked and by whom; never changes. */
  readonly askedJson: string
  /** What each target needs, as policy last said. */
  readonly needsJson: string
  readonly decisionJson: string | null
  readonly createdAt: number
  /** Pending requests may be decided before this time. */
  readonly expiresAt: number
}

export type Settlement = {
  readonly state: Exclude<RequestState, 'pending'>
  readonly needsJson: string
  readonly decisionJson: string | null
}

export type ApprovalRow = {
  readonly requestId: string
  readonly issuer: string
  readonly subject: string
  /** The approver as he called, and the targets that he approved. */
  readonly approvalJson: string
  readonly at: number
}

export type GrantRow = {
  readonly id: string
  readonly requestId: string
  readonly target: string
  readonly holderIssuer: string
  readonly holderSubject: string
  /** Thumbprint (RFC 7638) of the key that asked. */
  readonly jkt: string
  readonly deliver: string | null
  readonly startsAt: number
  readonly endsAt: number
  /** Set where it ended before `endsAt`. */
  readonly endedAt: number | null
  readonly endReason: EndReason | null
}

/** A grant and the request that it was given for. */
export type HeldGrant = { readonly grant: GrantRow; readonly request: RequestRow }

/** What became of a grant's credentials, as far as anybody told. `unissued`: none were ever had from it. */
export const WIPE_STATES = ['live', 'waiting', 'wiped', 'stuck', 'unconfirmed', 'unissued'] as const
export type WipeState = (typeof WIPE_STATES)[number]
export type FollowedQuery = {
  /** Empty: all. */
  readonly states: readonly WipeState[]
  readonly limit: number
  /** Id of the last grant of the page before. */
  readonly after?: string
  /** How long after its end a grant may wait for its receipt, in ms. */
  readonly graceMs: number
}
export type FollowedGrant = HeldGrant & { readonly wipe: WipeState }

export type ReceiptRow = {
  readonly grantId: string
  /** What the machine calls itself. */
  readonly machine: string
  readonly outcome: Receipt['outcome']
  readonly why: string | null
  /** On the clock of the machine. */
  readonly reportedAt: number
  readonly recordedAt: number
}

export type StopRow = {
  readonly id: string
  readonly scope: StopScope
  readonly value: string | null
  readonly reason: string
  /** Who threw it, and how the call proved it. */
  readonly byJson: string
  readonly at: number
  readonly liftedAt: number | null
  /** Empty: what it ends may not all have ended yet. */
  readonly carriedOutAt: number | null
}

export type LeafRow = {
  readonly seq: number
  readonly prevHash: string
  readonly hash: string
  readonly at: number
  readonly bodyJson: string
}

export type IdempotencyRow = PersonKey & {
  readonly key: string
  /** SHA-256 of what was asked, so that the same key for another body shows. */
  readonly bodyHash: string
  readonly requestId: string
  readonly createdAt: number
}

export type SigningKeyRow = {
  readonly kid: string
  /** What it signs, `grant` or `access`. */
  readonly use: string
  /** Private JWK: the one secret in the database. */
  readonly privateJwkJson: string
  readonly createdAt: number
  readonly activateAt: number
  readonly retireAt: number | null
}
