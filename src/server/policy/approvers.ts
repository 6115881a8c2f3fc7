import type { ConfiguredTarget } from '../config/types.ts'
import { clouds, reasonLength } from './circumstances.ts'
import type { Engine } from './engine.ts'
import { ABSENT, entityText, foresee, type Known, type Knowledge } from './foresight.ts'
import { personId, subjectOf } from './person-id.ts'
import { namesWorkloads, type Rule } from './rule.ts'
import type { Facts } from './types.ts'

/** Who may approve, as far as it can be known when somebody asks. */
export type Approvers = {
  /** Names for people: groups, subjects, or the policy's own words in `@approvers`. */
  readonly labels: readonly string[]
  /** How many people at most; `undefined` where groups decide, whose members only the IdP knows. */
  readonly people: number | undefined
}

export const NOBODY: Approvers = { labels: [], people: 0 }

/** A request whose approvers are sought. */
export type Asked = { readonly requester: { readonly issuer: string; readonly subject: string }; readonly facts: Facts }

/**
 * Reads the scopes of the `approve` policies that can still match this request. It may name too many people, never too
 * few: whether somebody may approve is decided when he does.
 */
export function foreseeApprovers(engine: Engine, target: ConfiguredTarget, asked?: Asked): Approvers {
  const rules = engine.slice('approve', target.name)
  const knowledge = knowledgeOf(target, asked)
  if (rules.some((rule) => forbidsEverybody(rule, knowledge) || forbidsPeople(rule, knowledge))) return NOBODY
  const self = asked === undefined ? undefined : personId(asked.requester)
  const candidates = rules.filter(
    ({ effect, principal, json }) =>
      effect === 'permit' &&
      !namesWorkloads({ principal }) &&
      !(principal.kind === 'user' && principal.id === self) &&
      foresee(json.conditions, knowledge) !== false,
  )
  const named = candidates.flatMap(({ principal }) => (principal.kind === 'user' ? [principal.id] : []))
  return {
    labels: [...new Set(candidates.map(labelOf))].toSorted(),
    people: named.length === candidates.length ? new Set(named).size : undefined,
  }
}

export const forbidsEverybody = (rule: Rule, knowledge: Knowledge): boolean =>
  rule.principal.kind === 'anyone' && certainlyForbids(rule, knowledge)
const forbidsPeople = (rule: Rule, knowledge: Knowledge): boolean =>
  rule.principal.kind === 'people' && certainlyForbids(rule, knowledge)
const certainlyForbids = ({ effect, json }: Rule, knowledge: Knowledge): boolean =>
  effect === 'forbid' && foresee(json.conditions, knowledge) === true

export function labelOf({ approvers, principal, id }: Rule): string {
  if (approvers !== undefined) return approvers
  if (principal.kind === 'group') return principal.name
  return principal.kind === 'user' ? subjectOf(principal.id) : `anyone whom policy ${id} permits`
}

/** What no later event changes: the target, and what was asked. */
export function knowledgeOf(target: ConfiguredTarget, asked?: Asked): Knowledge {
  return new Map([...aboutTarget(target), ...(asked === undefined ? [] : aboutRequest(asked))])
}

type Entry = readonly [path: string, value: Known | typeof ABSENT]

function aboutTarget(target: ConfiguredTarget): readonly Entry[] {
  return [
    ['resource', entityText('Target', target.name)],
    ['resource.labels', target.labels],
    ['resource.clouds', clouds(target)],
    ['resource.maxDurationSeconds', target.maxDurationSeconds],
  ]
}

function aboutRequest({ facts, requester }: Asked): readonly Entry[] {
  return [
    ['context.durationSeconds', facts.durationSeconds],
    ['context.reasonLength', reasonLength(facts)],
    ['context.ticket', facts.ticket ?? ABSENT],
    ['context.requester.issuer', requester.issuer],
    ['context.requester.subject', requester.subject],
  ]
}
