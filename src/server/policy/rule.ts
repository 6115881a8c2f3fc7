import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Obligations } from './annotations.ts'
import { ACTIONS, ADMINISTER, ENDPOINT, type PolicyAction } from './schema.ts'
import type { Statement } from './statements.ts'

/** One policy as read from a file: where it stands, what Cedar makes of it, and what its annotations oblige to. */
export type Rule = Obligations & {
  readonly file: string
  readonly statement: Statement
  readonly effect: 'permit' | 'forbid'
  readonly actions: readonly PolicyAction[]
  /** The one target that the scope names; `undefined` where the scope leaves it open. */
  readonly target: string | undefined
  readonly principal: Principal
  readonly json: PolicyJson
}

/** Whom the scope of a policy names. */
export type Principal =
  | { readonly kind: 'anyone' }
  /** `principal is User` and `principal is Workload`. */
  | { readonly kind: 'people' }
  | { readonly kind: 'workloads' }
  | { readonly kind: 'pipeline'; readonly name: string }
  | { readonly kind: 'workload'; readonly id: string }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'user'; readonly id: string }

export type EntityName = { readonly type: string; readonly id: string }

const EVERY_ACTION: readonly PolicyAction[] = [...ACTIONS, ADMINISTER]

/**
 * Actions that the scope names; an unconstrained scope means all that are about targets, and `administer` only where the
 * policy names it or the endpoint. Names that the schema does not know are left to the validator.
 */
export function scopeActions(json: PolicyJson): readonly PolicyAction[] {
  const { action } = json
  if (action.op === 'All') return isAboutEndpoint(json) ? EVERY_ACTION : ACTIONS
  const named =
    'entities' in action ? action.entities.map(plainName) : 'entity' in action ? [plainName(action.entity)] : []
  return EVERY_ACTION.filter((each) => named.some(({ id }) => id === each))
}

/** Whether the policy names the kill switch: its action or its resource. */
export function isAboutEndpoint(json: PolicyJson): boolean {
  const { resource } = json
  if (resource.op === 'is' && resource.entity_type === ENDPOINT.type) return true
  return namedEntities(json).some(({ type, id }) => type === ENDPOINT.type || (type === 'Action' && id === ADMINISTER))
}

/** The target that the scope names. Targets have no parents, so `in` means the same as `==`. */
export function scopeTarget({ resource }: PolicyJson): string | undefined {
  const entity = scopeEntity(resource)
  return entity?.type === 'Target' ? entity.id : undefined
}

export function scopePrincipal({ principal }: PolicyJson): Principal {
  const entity = scopeEntity(principal)
  if (entity === undefined) return principal.op === 'is' ? kindNamed(principal.entity_type) : { kind: 'anyone' }
  switch (entity.type) {
    case 'Group':
      return { kind: 'group', name: entity.id }
    case 'Pipeline':
      return { kind: 'pipeline', name: entity.id }
    case 'Workload':
      return { kind: 'workload', id: entity.id }
    default:
      return { kind: 'user', id: entity.id }
  }
}

const kindNamed = (type: string): Principal => ({ kind: type === 'Workload' ? 'workloads' : 'people' })

const WORKLOADS: ReadonlySet<Principal['kind']> = new Set(['workloads', 'pipeline', 'workload'])

export const namesWorkloads = ({ principal }: Pick<Rule, 'principal'>): boolean => WORKLOADS.has(principal.kind)

/**
 * A permit for everybody is for people: it may be older than the first pipeline, and who wrote it thought of colleagues. A
 * forbid for everybody forbids everybody.
 */
export const concernsWorkloads = (rule: Pick<Rule, 'effect' | 'principal'>): boolean =>
  rule.effect === 'forbid' || namesWorkloads(rule)

function scopeEntity(scope: PolicyJson['principal'] | PolicyJson['resource']): EntityName | undefined {
  const constraint = scope.op === 'is' ? scope.in : scope.op === 'All' ? undefined : scope
  return constraint !== undefined && 'entity' in constraint ? plainName(constraint.entity) : undefined
}

function plainName(entity: EntityName | { readonly __entity: EntityName }): EntityName {
  return '__entity' in entity ? entity.__entity : entity
}

/** Every entity that the policy names, in its scope or in a condition. */
export function namedEntities(part: unknown): readonly EntityName[] {
  if (typeof part !== 'object' || part === null) return []
  if (Array.isArray(part)) return part.flatMap(namedEntities)
  if ('type' in part && 'id' in part && typeof part.type === 'string' && typeof part.id === 'string')
    return [{ type: part.type, id: part.id }]
  return Object.values(part).flatMap(namedEntities)
}

/** Attributes of `context` that the policy asks for; `'all'` where it takes the context as a whole. */
export function askedOfContext(part: unknown): ReadonlySet<string> | 'all' {
  const names = contextNames(part)
  return names.includes(WHOLE) ? 'all' : new Set(names.filter((name) => typeof name === 'string'))
}

const WHOLE = Symbol('the whole context')

function contextNames(part: unknown): readonly (string | typeof WHOLE)[] {
  if (typeof part !== 'object' || part === null) return []
  if ('left' in part && isContext(part.left) && 'attr' in part && typeof part.attr === 'string') return [part.attr]
  return isContext(part) ? [WHOLE] : Object.values(part).flatMap(contextNames)
}

const isContext = (part: unknown): boolean =>
  typeof part === 'object' && part !== null && 'Var' in part && part.Var === 'context'

/** Whether a condition asks `… is Workload`, or for tags, which nobody else has. */
export function testsForWorkload(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false
  if ('entity_type' in part && part.entity_type === 'Workload') return true
  if ('hasTag' in part || 'getTag' in part) return true
  return Object.values(part).some(testsForWorkload)
}
