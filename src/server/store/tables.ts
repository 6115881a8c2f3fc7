import { type Kysely, sql } from 'kysely'
import type { EndReason } from '../../contract/grant.ts'
import type { ReceiptOutcome } from '../../contract/receipt.ts'
import type { RequestState } from '../../contract/request.ts'
import type { StopScope } from '../../contract/stop.ts'

/** One schema for both databases: text ids, integer milliseconds, JSON as text. */
export type Tables = {
  schema_version: { version: number }
  requests: {
    id: string
    state: RequestState
    requester_issuer: string
    requester_subject: string
    asked: string
    needs: string
    decision: string | null
    created_at: number
    expires_at: number
    /** Counts the holds: a portable row lock. */
    holds: number
  }
  approvals: { request_id: string; issuer: string; subject: string; approval: string; at: number }
  grants: {
    id: string
    request_id: string
    target: string
    holder_issuer: string
    holder_subject: string
    jkt: string
    deliver: string | null
    starts_at: number
    ends_at: number
    ended_at: number | null
    end_reason: EndReason | null
    holds: number
    /** When credentials were last issued from it. */
    issued_at: number | null
    /** Since when every machine that told of it has wiped it; empty again where it is issued anew. */
    wiped_at: number | null
    /** When the log was told that nobody confirmed the wipe. */
    unconfirmed_at: number | null
    /** JSON: pipelines of jobs that collected it without having asked. */
    collector_pipelines: string | null
  }
  receipts: {
    grant_id: string
    machine: string
    outcome: ReceiptOutcome
    why: string | null
    reported_at: number
    recorded_at: number
  }
  stops: {
    id: string
    scope: StopScope
    value: string | null
    reason: string
    by: string
    at: number
    lifted_at: number | null
    carried_out_at: number | null
  }
  leaves: { seq: number; prev_hash: string; hash: string; at: number; body: string }
  idempotency_keys: {
    issuer: string
    subject: string
    key: string
    body_hash: string
    request_id: string
    created_at: number
  }
  signing_keys: {
    kid: string
    use: string
    private_jwk: string
    created_at: number
    activate_at: number
    retire_at: number | null
  }
  claims: { kind: string; hash: string; expires_at: number }
}

export type Db = Kysely<Tables>

/** The database's time in ms since 1970: a function in PostgreSQL, registered with the connection in SQLite. */
export const NOW = sql<number>`jit_now()`

/** Written into the SQL, not bound: only then can a database see that an index on pending requests serves. */
export const PENDING = sql.lit('pending' as const)
