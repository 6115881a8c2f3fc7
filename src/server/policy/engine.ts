import { createHash } from 'node:crypto'
import {
  type AuthorizationAnswer,
  type Context,
  type DetailedError,
  type EntityJson,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import { recent } from '../../base/recent.ts'
import type { Caller } from '../approvals/types.ts'
import type { ConfiguredTarget } from '../config/types.ts'
import { callerEntity, OF_THE_MOMENT, targetEntity } from './circumstances.ts'
import { askedOfContext, concernsWorkloads, namedEntities, type Rule } from './rule.ts'
import { ACTIONS, ADMINISTER, type Action, ENDPOINT } from './schema.ts'
import { askedTags, type TagNames } from './tags.ts'

/** What the policies for one action and target say. `failed` could not be evaluated; `problem` says why, for people. */
export type Outcome = {
  readonly allowed: boolean
  readonly permits: readonly Rule[]
  readonly forbids: readonly Rule[]
  readonly failed: readonly Rule[]
  readonly problem?: string
}

export interface Engine {
  evaluate(action: Action, caller: Caller, target: ConfiguredTarget, context: Context): Outcome
  /** Whether a permit covers it, whatever a forbid says. */
  covers(action: Action, caller: Caller, target: ConfiguredTarget, context: Context): boolean
  /** The same for the kill switch, which is about no target. */
  administer(caller: Caller, context: Context): Outcome
  /** The policies that can matter for the kill switch. */
  readonly administering: readonly Rule[]
  /** The policies that can matter for an action on a target: their scope names both, or leaves them open. */
  slice(action: Action, target: string): readonly Rule[]
}

type Slice = {
  readonly rules: readonly Rule[]
  readonly groups: ReadonlySet<string>
  readonly tags: TagNames
  /** What the policies cannot tell apart: the attributes of the moment that none of them asks for. */
  readonly idle: ReadonlySet<string>
  readonly setId: () => string
}

/** At about 1 KB each. */
const OUTCOMES_KEPT = 4_096

/**
 * Evaluates by target and action, so that the cost of a decision does not grow with the number of targets. Cedar answers
 * by what it is given and nothing else, so the same question (every byte of it is the key) is put to it once: a grant is
 * judged at the request and soon again when it is issued.
 */
export function createEngine(rules: readonly Rule[]): Engine {
  const people = enginePart(rules)
  let workloads: EnginePart | undefined
  const partFor = ({ workload }: Caller): EnginePart =>
    workload === undefined ? people : (workloads ??= enginePart(rules.filter(concernsWorkloads)))
  return {
    ...people.all,
    evaluate: (action, caller, target, context) => partFor(caller).all.evaluate(action, caller, target, context),
    covers: (action, caller, target, context) => {
      const { allowed, failed } = partFor(caller).permitting().evaluate(action, caller, target, context)
      return allowed || failed.length > 0 // one that fails is about the caller, too: he is told what is broken
    },
  }
}

type Evaluator = Omit<Engine, 'covers'>
type EnginePart = { readonly all: Evaluator; readonly permitting: () => Evaluator }

/** The policies that count for one kind of caller. */
function enginePart(rules: readonly Rule[]): EnginePart {
  let permitting: Evaluator | undefined
  return {
    all: evaluator(rules),
    permitting: () => (permitting ??= evaluator(rules.filter(({ effect }) => effect === 'permit'))),
  }
}

function evaluator(rules: readonly Rule[]): Evaluator {
  const slices = sliceRules(rules)
  const outcomes = recent<Outcome>(OUTCOMES_KEPT)
  const sliceOf = (action: Action, target: string): Slice =>
    slices.byTarget[action].get(target) ?? slices.general[action]
  const put = (slice: Slice, action: string, caller: Caller, resource: EntityJson, context: Context): Outcome => {
    if (slice.rules.length === 0) return NOTHING_SAID
    const user = callerEntity(caller, slice.groups, slice.tags)
    const question = {
      principal: user.uid,
      action: { type: 'Action', id: action },
      resource: resource.uid,
      context: Object.fromEntries(Object.entries(context).filter(([name]) => !slice.idle.has(name))),
      entities: [user, resource],
      preparsedPolicySetId: slice.setId(),
    }
    const key = JSON.stringify(question)
    const outcome = outcomes.get(key) ?? readAnswer(statefulIsAuthorized(question), slice.rules)
    outcomes.set(key, outcome)
    return outcome
  }
  return {
    slice: (action, target) => sliceOf(action, target).rules,
    evaluate: (action, caller, target, context) =>
      put(sliceOf(action, target.name), action, caller, targetEntity(target), context),
    administering: slices.administer.rules,
    administer: (caller, context) => put(slices.administer, ADMINISTER, caller, ENDPOINT_ENTITY, context),
  }
}

const ENDPOINT_ENTITY: EntityJson = { uid: ENDPOINT, attrs: {}, parents: [] }

const NOTHING_SAID: Outcome = { allowed: false, permits: [], forbids: [], failed: [] }

type Slices = {
  readonly general: Readonly<Record<Action, Slice>>
  readonly byTarget: Readonly<Record<Action, ReadonlyMap<string, Slice>>>
  readonly administer: Slice
}

function sliceRules(rules: readonly Rule[]): Slices {
  const perAction = ACTIONS.map((action) => {
    const concerned = rules.filter(({ actions }) => actions.includes(action))
    const general = concerned.filter(({ target }) => target === undefined)
    const named = Map.groupBy(concerned, ({ target }) => target)
    const byTarget = new Map(
      [...named].flatMap(([target, own]) =>
        target === undefined ? [] : [[target, createSlice([...general, ...own])] as const],
      ),
    )
    return [action, { general: createSlice(general), byTarget }] as const
  })
  const of = Object.fromEntries(perAction) as Record<Action, (typeof perAction)[number][1]>
  const { request, autoApprove, approve } = of
  return {
    general: { request: request.general, autoApprove: autoApprove.general, approve: approve.general },
    byTarget: { request: request.byTarget, autoApprove: autoApprove.byTarget, approve: approve.byTarget },
    administer: createSlice(rules.filter(({ actions }) => actions.includes(ADMINISTER))),
  }
}

/**
 * Parsed at first use. Cedar keeps parsed sets by name in the process, so the name is the hash of the content: two
 * engines that meet under one name mean the same policies.
 */
function createSlice(rules: readonly Rule[]): Slice {
  // Their text, not their JSON: JSON in JavaScript rounds integers over 2^53.
  const policies = Object.fromEntries(rules.map(({ id, statement }) => [id, statement.text]))
  let setId: string | undefined
  const parse = (): string => {
    const name = createHash('sha256').update(JSON.stringify(policies)).digest('hex')
    const answer = preparsePolicySet(name, { staticPolicies: policies })
    if (answer.type === 'failure')
      throw new Error(`Policies that were valid at start are not now: ${describe(answer.errors)}`)
    return name
  }
  const groups = rules.flatMap(({ json }) => namedEntities(json)).filter(({ type }) => type === 'Group')
  const asked = rules.map(({ json }) => askedOfContext(json))
  const idle = [...OF_THE_MOMENT].filter((name) => asked.every((names) => names !== 'all' && !names.has(name)))
  return {
    rules,
    groups: new Set(groups.map(({ id }) => id)),
    tags: askedTags(rules.map(({ json }) => json)),
    idle: new Set(idle),
    setId: () => (setId ??= parse()),
  }
}

/**
 * Cedar skips a policy that fails while it is evaluated. A skipped permit permits nothing, but a skipped forbid would
 * forbid nothing: here it forbids.
 */
function readAnswer(answer: AuthorizationAnswer, rules: readonly Rule[]): Outcome {
  if (answer.type === 'failure') return { ...NOTHING_SAID, problem: describe(answer.errors) }
  const { decision, diagnostics } = answer.response
  const errors = new Map(diagnostics.errors.map(({ policyId, error }) => [policyId, error.message]))
  const reasons = new Set(diagnostics.reason)
  const decisive = rules.filter(({ id }) => reasons.has(id))
  const failed = rules.filter(({ id }) => errors.has(id))
  const problem = failed.flatMap(({ id }) => errors.get(id) ?? []).at(0)
  return {
    allowed: decision === 'allow' && failed.every(({ effect }) => effect === 'permit'),
    permits: decisive.filter(({ effect }) => effect === 'permit'),
    forbids: decisive.filter(({ effect }) => effect === 'forbid'),
    failed,
    ...(problem === undefined ? {} : { problem }),
  }
}

const describe = (errors: readonly DetailedError[]): string => errors.map(({ message }) => message).join('; ')
