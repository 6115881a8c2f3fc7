import type { EndReason } from '../../contract/grant.ts'
import type { StopScope } from '../../contract/stop.ts'
import type { PersonKey, Transaction } from '../store/types.ts'

/**
 * What the log tells. Built member by member, so that nothing gets in unseen; no secret and no token ever does.
 * `policy` is the hash of the policy text that was asked, `policies` the ids of those that decided.
 */
export type AuditEvent =
  | {
      readonly kind: 'request.asked'
      readonly request: string
      readonly asked: AskedFor
      readonly policy: string
      readonly policies: readonly string[]
    }
  /** Refused at once: there is no request. */
  | {
      readonly kind: 'request.refused'
      readonly asked: AskedFor
      readonly target: string
      readonly why: string
      readonly policy: string
      readonly policies: readonly string[]
    }
  /** One person agreed; more must. */
  | {
      readonly kind: 'request.endorsed'
      readonly request: string
      readonly by: Actor
      readonly targets: readonly string[]
      readonly policy: string
      readonly policies: readonly string[]
    }
  | {
      readonly kind: 'request.approved'
      readonly request: string
      readonly by: 'policy' | 'people'
      readonly people: readonly PersonKey[]
      readonly grants: readonly {
        readonly grant: string
        readonly target: string
        readonly startsAt: number
        readonly endsAt: number
      }[]
      readonly policy: string
      readonly policies: readonly string[]
    }
  | {
      readonly kind: 'request.denied'
      readonly request: string
      readonly by: Actor | 'policy'
      readonly reason: string
      readonly policy: string
      readonly policies: readonly string[]
    }
  /** `stop`: not by its requester, but by a stop. */
  | { readonly kind: 'request.cancelled'; readonly request: string; readonly by: Actor; readonly stop?: string }
  | { readonly kind: 'request.expired'; readonly request: string }
  /** One grant token may now be signed. */
  | {
      readonly kind: 'grant.issued'
      readonly grant: string
      readonly request: string
      readonly target: string
      readonly by: Actor
      readonly policy: string
      readonly policies: readonly string[]
    }
  | {
      readonly kind: 'grant.refused'
      readonly grant: string
      readonly by: Actor
      readonly why: string
      readonly policy: string
      readonly policies: readonly string[]
    }
  | {
      readonly kind: 'grant.ended'
      readonly grant: string
      readonly by: Actor
      readonly reason: EndReason
      readonly stop?: string
    }
  /** The policy or configuration that was read at a start no longer gives it. */
  | {
      readonly kind: 'grant.ended'
      readonly grant: string
      readonly by: 'policy'
      readonly reason: EndReason
      readonly why: string
      readonly policy: string
      readonly policies: readonly string[]
    }
  | {
      readonly kind: 'stop.thrown'
      readonly stop: string
      readonly scope: StopScope
      readonly value?: string
      readonly reason: string
      readonly by: Actor
      readonly policy: string
      readonly policies: readonly string[]
    }
  | {
      readonly kind: 'stop.lifted'
      readonly stop: string
      readonly by: Actor
      readonly policy: string
      readonly policies: readonly string[]
    }
  /** Somebody tried to throw or lift one. */
  | {
      readonly kind: 'stop.refused'
      readonly scope: StopScope
      readonly value?: string
      readonly by: Actor
      readonly why: string
      readonly policy: string
      readonly policies: readonly string[]
    }
  /** What a machine told of the credentials of a grant; `at` on its own clock. */
  | {
      readonly kind: 'lease.wiped' | 'lease.stuck'
      readonly grant: string
      readonly machine: string
      readonly by: Actor
      readonly at: string
      readonly why?: string
    }
  /** Credentials were issued, the grant is over, and no machine told that all of them are gone. */
  | {
      readonly kind: 'lease.unconfirmed'
      readonly grant: string
      readonly target: string
      readonly holder: PersonKey
      readonly overAt: number
    }

/** Who did it: `jkt` is the thumbprint of the key that proved the call, `address` where the call came from. */
export type Actor = PersonKey & { readonly jkt: string; readonly address: string }

export type AskedFor = {
  readonly by: Actor & {
    readonly name: string
    readonly flow: string
    readonly host: string
    readonly workload?: { readonly provider: string; readonly pipelines: readonly string[]; readonly run?: string }
  }
  readonly targets: readonly string[]
  readonly durationSeconds: number
  readonly reason: string
  readonly ticket?: string
  readonly startsAt?: number
  readonly fingerprint?: string
}

/** One entry of the log. `hash` covers everything else, and through `prevHash` all leaves before it (see `chain.ts`). */
export type Leaf = {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number
  /** Hex; 64 zeros before the first leaf. */
  readonly prevHash: string
  readonly hash: string
  /** ms since 1970 on the database's clock. */
  readonly at: number
  readonly body: unknown
}

export interface Audit {
  /**
   * Appends leaves in the transaction of the change that they tell of: both become durable together or not at all.
   * Call it last in the transaction. Resolves to the `seq` of the last one.
   */
  append(tx: Transaction, at: number, events: readonly AuditEvent[]): Promise<number>
}

/** A point of the log that somebody remembers: the log they are shown later must still contain it. */
export type Head = { readonly seq: number; readonly hash: string }

export type Verification =
  | { readonly ok: true; readonly head: Head }
  /** `seq`: where the log stops being what it was. */
  | { readonly ok: false; readonly seq: number; readonly why: string }
