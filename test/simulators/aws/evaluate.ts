import { type Context, holds, wildcard } from './conditions.ts'
import type { PolicyDocument, Statement } from './policy-document.ts'

export type Decision = 'allow' | 'deny' | 'none'

export type Call = {
  readonly action: string
  readonly resource: string
  readonly context: Context
  /** Trust policies: who calls, by kind of principal. */
  readonly principal?: { readonly kind: string; readonly names: readonly string[] }
}

/** One set of policies: an explicit Deny wins, then an Allow; else nothing is said, which is no. */
export function decide(documents: readonly PolicyDocument[], call: Call): Decision {
  const effects = documents
    .flat()
    .filter((statement) => applies(statement, call))
    .map(({ effect }) => effect)
  if (effects.includes('Deny')) return 'deny'
  return effects.includes('Allow') ? 'allow' : 'none'
}

function applies(statement: Statement, { action, resource, context, principal }: Call): boolean {
  const { actions, notActions, resources, notResources, conditions, principals } = statement
  if (principal !== undefined) {
    const named = principals.get(principal.kind) ?? []
    if (!principal.names.some((name) => named.includes(name))) return false
  }
  const lower = action.toLowerCase()
  return (
    actions.some((pattern) => wildcard(pattern.toLowerCase(), lower)) !== notActions &&
    resources.some((pattern) => wildcard(pattern, resource)) !== notResources &&
    conditions.every((condition) => holds(condition, context))
  )
}
