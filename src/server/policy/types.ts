import type { StopScope } from '../../contract/stop.ts'
import type { ApprovalRule, DeliveryMode } from '../../contract/target.ts'
import type { Caller } from '../approvals/types.ts'
import type { ConfiguredTarget } from '../config/types.ts'

/** What the policy context carries besides the caller. */
export type Facts = {
  readonly durationSeconds: number
  readonly nowMs: number
  readonly ticket?: string
  readonly reason: string
}

/** What the policy context of the kill switch carries besides the caller. */
export type StopFacts = { readonly scope: StopScope; readonly reason: string; readonly nowMs: number }

/** The verdict for one caller and one target. `policies` are the ids of the deciding policies (`@id`). */
export type Verdict = {
  readonly approval: ApprovalRule
  /** Longest grant that policy and target allow, in seconds. */
  readonly maxDurationSeconds: number
  readonly deliver?: DeliveryMode
  readonly policies: readonly string[]
  /** No policy permits the caller to ask for it, so that its name is nobody's business: not even a forbid tells of it. */
  readonly hidden?: true
}

/** The policy engine: pure, synchronous, default deny, forbid wins. */
export interface Policy {
  /**
   * May `caller` ask for `target`, and who must agree? A duration over the verdict's `maxDurationSeconds` is refused, so
   * a list of targets is made with a short one.
   */
  judge(caller: Caller, target: ConfiguredTarget, facts: Facts): Verdict
  /** May `approver` approve a request of `requester`? Never his own. `policies` say why. */
  mayApprove(
    approver: Caller,
    requester: { readonly issuer: string; readonly subject: string },
    target: ConfiguredTarget,
    facts: Facts,
  ): { readonly allowed: boolean; readonly policies: readonly string[] }
  /** May `caller` throw or lift a stop of this scope? Never a job of a pipeline. `policies` say why. */
  mayAdminister(
    caller: Caller,
    facts: StopFacts,
  ): { readonly allowed: boolean; readonly policies: readonly string[]; readonly why: readonly string[] }
  /** Who may, as people would say it: groups, subjects. It may name too many, never too few. */
  readonly administrators: readonly string[]
  /** SHA-256 (hex) of the policy text in force; goes into each audit leaf. */
  readonly hash: string
}
