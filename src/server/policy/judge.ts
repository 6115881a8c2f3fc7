import { formatDuration } from '../../base/duration.ts'
import type { DeliveryMode } from '../../contract/target.ts'
import type { Caller } from '../approvals/types.ts'
import type { ConfiguredTarget } from '../config/types.ts'
import { type Approvers, foreseeApprovers } from './approvers.ts'
import { circumstances } from './circumstances.ts'
import type { Engine, Outcome } from './engine.ts'
import type { Rule } from './rule.ts'
import type { Facts, Verdict } from './types.ts'

/** Where several policies demand a delivery mode, the one that leaves least to read on disk wins. */
const DELIVERY_STRICTEST_FIRST: readonly DeliveryMode[] = ['process', 'isolated', 'files']

/** What permitting policies oblige to together. No order of policies changes it. */
type Terms = { readonly quorum: number; readonly maxDurationSeconds: number; readonly rules: readonly Rule[] }

/** `Policy.judge`: who must agree to this request, and how long it may last. */
export function judge(engine: Engine, caller: Caller, target: ConfiguredTarget, facts: Facts): Verdict {
  if (!Number.isSafeInteger(facts.durationSeconds) || facts.durationSeconds <= 0)
    return refused('A grant lasts a whole number of seconds, at least one.', 0, [])
  const context = circumstances(caller, facts)
  const request = engine.evaluate('request', caller, target, context)
  if (!request.allowed) {
    const verdict = refused(whyNot(request, target), 0, idsOf([...request.forbids, ...request.failed]))
    return engine.covers('request', caller, target, context) ? verdict : { ...verdict, hidden: true }
  }

  const asked = termsOf(request, target)
  const automatic = automaticTerms(engine.evaluate('autoApprove', caller, target, context), target, asked)
  const approvers = foreseeApprovers(engine, target, { requester: caller.person, facts })
  const staffed = approvers.people === undefined || approvers.people >= asked.quorum
  const longest = staffed ? asked.maxDurationSeconds : (automatic?.maxDurationSeconds ?? 0)

  if (automatic !== undefined && facts.durationSeconds <= automatic.maxDurationSeconds)
    return allowed({ kind: 'automatic' }, longest, [...asked.rules, ...automatic.rules])
  if (longest > 0 && facts.durationSeconds > longest)
    return refused(`The longest grant for ${target.name} is ${formatDuration(longest)}.`, longest, idsOf(asked.rules))
  if (!staffed) return refused(whyUnstaffed(approvers, asked.quorum, target), 0, idsOf(asked.rules))
  return allowed({ kind: 'people', approvers: approvers.labels, quorum: asked.quorum }, longest, asked.rules)
}

/** The strictest quorum, and the longest duration that one of the policies permits, never more than the target's. */
function termsOf({ permits, failed }: Outcome, target: ConfiguredTarget): Terms {
  // A permit that failed permits nothing, but what it demands still counts: an error never loosens.
  const rules = [...permits, ...failed]
  const durations = permits.map(({ maxDurationSeconds }) => maxDurationSeconds ?? target.maxDurationSeconds)
  return {
    quorum: Math.max(1, ...rules.map(({ quorum }) => quorum ?? 1)),
    maxDurationSeconds: Math.min(target.maxDurationSeconds, Math.max(0, ...durations)),
    rules,
  }
}

function automaticTerms(outcome: Outcome, target: ConfiguredTarget, asked: Terms): Terms | undefined {
  if (!outcome.allowed) return undefined
  const terms = termsOf(outcome, target)
  return { ...terms, maxDurationSeconds: Math.min(terms.maxDurationSeconds, asked.maxDurationSeconds) }
}

function allowed(approval: Verdict['approval'], maxDurationSeconds: number, rules: readonly Rule[]): Verdict {
  const deliver = DELIVERY_STRICTEST_FIRST.find((mode) => rules.some((rule) => rule.deliver === mode))
  return { approval, maxDurationSeconds, ...(deliver === undefined ? {} : { deliver }), policies: idsOf(rules) }
}

function refused(why: string, maxDurationSeconds: number, policies: readonly string[]): Verdict {
  return { approval: { kind: 'refused', why }, maxDurationSeconds, policies }
}

const idsOf = (rules: readonly Rule[]): readonly string[] => [...new Set(rules.map(({ id }) => id))].toSorted()

function whyNot({ forbids, failed, problem }: Outcome, target: ConfiguredTarget): string {
  const said = forbids.flatMap(({ why }) => why ?? []).toSorted()
  if (forbids.length > 0) return [`${named(forbids)} forbids ${target.name}.`, ...said].join(' ')
  if (failed.length > 0) return `${named(failed)} could not be evaluated for ${target.name}: ${problem}.`
  if (problem !== undefined) return `The policies for ${target.name} could not be evaluated: ${problem}.`
  return `No policy permits you to request ${target.name}.`
}

const named = (rules: readonly Rule[]): string => `Policy ${idsOf(rules).join(', ')}`

function whyUnstaffed({ labels, people }: Approvers, quorum: number, target: ConfiguredTarget): string {
  if (people === 0) return `${target.name} needs an approval, and no policy lets anybody else approve it.`
  return `${target.name} needs ${quorum} approvals, and only ${labels.join(', ')} may approve it.`
}
