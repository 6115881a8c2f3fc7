import { defined } from '../../base/defined.ts'
import { formatDuration } from '../../base/duration.ts'
import type { Facts, Verdict } from '../policy/types.ts'
import type { Deps } from './deps.ts'
import { type Asked, type RequestRecord, samePerson, type TargetNeed } from './record.ts'
import type { Caller } from './types.ts'
import type { Wanted } from './wanted.ts'

/** What policy says now about a whole request: all targets or none. */
export type Judgement =
  | { readonly allowed: true; readonly needs: readonly TargetNeed[]; readonly policies: readonly string[] }
  | { readonly allowed: false; readonly target: string; readonly why: string; readonly policies: readonly string[] }

type Judging = Pick<Deps, 'policy' | 'targets'>

export function factsOf(wanted: Wanted, nowMs: number): Facts {
  const { durationSeconds, reason, ticket } = wanted
  return defined({ durationSeconds, nowMs, reason, ticket })
}

/** The verdict on one target. A target that is no longer configured is refused like any other that nobody may have. */
export function judgeTarget(deps: Judging, caller: Caller, target: string, wanted: Wanted, now: number): Verdict {
  const configured = deps.targets.get(target)
  if (configured === undefined)
    return { approval: { kind: 'refused', why: 'it is no longer configured' }, maxDurationSeconds: 0, policies: [] }
  const verdict = deps.policy.judge(caller, configured, factsOf(wanted, now))
  return { ...verdict, maxDurationSeconds: Math.min(verdict.maxDurationSeconds, configured.maxDurationSeconds) }
}

/** Judges a request that was accepted before: longer than now allowed is a refusal like any other. */
export function judgeAgain(
  deps: Judging,
  caller: Caller,
  asked: Asked,
  targets: readonly string[],
  now: number,
): Judgement {
  const needs: TargetNeed[] = []
  const policies = new Set<string>()
  for (const target of targets) {
    const verdict = judgeTarget(deps, caller, target, asked, now)
    const why = refusalIn(verdict, asked.durationSeconds)
    if (why !== undefined) return { allowed: false, target, why, policies: verdict.policies }
    for (const policy of verdict.policies) policies.add(policy)
    needs.push(needOf(target, verdict))
  }
  return { allowed: true, needs, policies: [...policies] }
}

export function needOf(target: string, { approval, deliver }: Verdict): TargetNeed {
  return defined({ target, approval, deliver })
}

function refusalIn({ approval, maxDurationSeconds }: Verdict, seconds: number): string | undefined {
  if (approval.kind === 'refused') return approval.why
  if (seconds > maxDurationSeconds) return `it can be had for at most ${formatDuration(maxDurationSeconds)} now`
  return undefined
}

/** The targets of the request that `caller` may approve now, and the policies that say so. Never any of his own request. */
export function approvableBy(
  deps: Judging,
  caller: Caller,
  { asked }: Pick<RequestRecord, 'asked'>,
  now: number,
): { readonly targets: readonly string[]; readonly policies: readonly string[] } {
  const requester = asked.caller.person
  if (samePerson(caller.person, requester)) return { targets: [], policies: [] }
  const targets: string[] = []
  const policies = new Set<string>()
  for (const name of asked.targets) {
    const target = deps.targets.get(name)
    if (target === undefined) continue
    const may = deps.policy.mayApprove(caller, requester, target, factsOf(asked, now))
    if (!may.allowed) continue
    targets.push(name)
    for (const policy of may.policies) policies.add(policy)
  }
  return { targets, policies: [...policies] }
}
