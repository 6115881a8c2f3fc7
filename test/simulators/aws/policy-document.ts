import { checkCondition, type KnownKey } from './conditions.ts'
import { AwsError, Unsupported } from './wire.ts'

export type Condition = { readonly operator: string; readonly key: string; readonly values: readonly string[] }
export type Statement = {
  readonly effect: 'Allow' | 'Deny'
  readonly actions: readonly string[]
  readonly notActions: boolean
  readonly resources: readonly string[]
  readonly notResources: boolean
  /** Trust policies: who, by kind of principal (`Federated`, `AWS`). */
  readonly principals: ReadonlyMap<string, readonly string[]>
  readonly conditions: readonly Condition[]
}
export type PolicyDocument = readonly Statement[]

export const malformed = (message: string): AwsError => new AwsError(400, 'MalformedPolicyDocument', message)
const SYNTAX = 'Syntax errors in policy.'

/** A policy as text, as STS gets it. */
export function parsePolicyText(text: string, knownKey: KnownKey): PolicyDocument {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
  return parsePolicy(document, 'identity', knownKey)
}

/**
 * Reads a policy and judges every operator, condition key and value now, so that nothing unknown waits to be skipped later.
 * Real mistakes are AWS's `MalformedPolicyDocument`; what AWS might know and the simulator does not is {@link Unsupported}.
 */
export function parsePolicy(document: unknown, kind: 'identity' | 'trust', knownKey: KnownKey): PolicyDocument {
  const { Version, Id, Statement, ...rest } = members(document)
  if (Object.keys(rest).length > 0) throw malformed(SYNTAX)
  if (Version !== '2012-10-17') throw new Unsupported(`policies of version ${JSON.stringify(Version)}`)
  if (Id !== undefined && typeof Id !== 'string') throw malformed(SYNTAX)
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  if (statements.length === 0) throw malformed(SYNTAX)
  return statements.map((each) => parseStatement(each, kind, knownKey))
}

function parseStatement(value: unknown, kind: 'identity' | 'trust', knownKey: KnownKey): Statement {
  const { Sid, Effect, Action, NotAction, Resource, NotResource, Principal, Condition, ...rest } = members(value)
  if (Object.keys(rest).length > 0 || (Sid !== undefined && typeof Sid !== 'string')) throw malformed(SYNTAX)
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed(SYNTAX)
  if ((Action === undefined) === (NotAction === undefined)) throw malformed(SYNTAX)
  const trust = kind === 'trust'
  if (trust !== (Principal !== undefined)) throw malformed('Policy document should not specify a principal.')
  if (
    trust
      ? Resource !== undefined || NotResource !== undefined
      : (Resource === undefined) === (NotResource === undefined)
  )
    throw malformed(SYNTAX)
  const actions = strings(Action ?? NotAction)
  const resources = trust ? ['*'] : strings(Resource ?? NotResource)
  for (const action of actions)
    if (!/^(\*|[\w-]+:[\w*?]+)$/.test(action))
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  for (const resource of resources)
    if (!/^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+)$/.test(resource))
      throw malformed(`Resource ${resource} must be in ARN format or "*".`)
  for (const text of resources) refuseVariables(text)
  return {
    effect: Effect,
    actions,
    notActions: Action === undefined,
    resources,
    notResources: !trust && Resource === undefined,
    principals: trust ? parsePrincipals(Principal) : new Map(),
    conditions: Condition === undefined ? [] : parseConditions(Condition, knownKey),
  }
}

function parsePrincipals(value: unknown): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(members(value)).map(([kind, who]) => {
      if (kind !== 'Federated' && kind !== 'AWS') throw new Unsupported(`principals of kind ${kind}`)
      return [kind, strings(who)]
    }),
  )
}

function parseConditions(value: unknown, knownKey: KnownKey): readonly Condition[] {
  return Object.entries(members(value)).flatMap(([operator, keys]) =>
    Object.entries(members(keys)).map(([key, wanted]) => {
      const values = strings(typeof wanted === 'boolean' || typeof wanted === 'number' ? String(wanted) : wanted)
      for (const text of values) refuseVariables(text)
      checkCondition(operator, key, values, knownKey)
      return { operator, key, values }
    }),
  )
}

function refuseVariables(text: string): void {
  if (text.includes('${')) throw new Unsupported(`policy variables: ${text}`)
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(SYNTAX)
  return Object.fromEntries(Object.entries(value))
}

function strings(value: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw malformed(SYNTAX)
  return list.map((each) => {
    if (typeof each !== 'string') throw malformed(SYNTAX)
    return each
  })
}
