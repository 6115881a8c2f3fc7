import { type DetailedError, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { nearest } from '../../base/nearest.ts'
import { type Fault, renderFault } from '../config/types.ts'
import { isAboutEndpoint, type Rule } from './rule.ts'
import { ADMINISTER_SCHEMA, ATTRIBUTES, POLICY_SCHEMA, REQUEST_SCHEMA } from './schema.ts'
import { lineOfByte } from './statements.ts'

/**
 * Types and names, by Cedar's strict validator. Its warnings count as faults too: a policy that can never apply and
 * look-alike characters in a name are mistakes, and in a forbid they would open what it means to close.
 */
export function validateRules(rules: readonly Rule[]): readonly Fault[] {
  const named = Map.groupBy(rules, ({ json }) => isAboutEndpoint(json))
  return [...validateBy(POLICY_SCHEMA, named.get(true) ?? []), ...validateBy(REQUEST_SCHEMA, named.get(false) ?? [])]
}

/**
 * Whether a forbid whose scope leaves the action open holds for the kill switch too: it does where it makes sense there.
 * One about labels of a target does not, and it was valid before there was a kill switch.
 */
export const forbidsAdministering = (rule: Rule): boolean =>
  rule.effect === 'forbid' &&
  rule.json.action.op === 'All' &&
  !rule.actions.includes('administer') &&
  validateBy(ADMINISTER_SCHEMA, [rule]).length === 0

function validateBy(schema: string, rules: readonly Rule[]): readonly Fault[] {
  if (rules.length === 0) return []
  const policies = Object.fromEntries(rules.map((rule, index) => [String(index), rule.statement.text]))
  const answer = validate({ schema, policies: { staticPolicies: policies } })
  if (answer.type === 'failure') throw new Error(`The validator refused its input: ${describe(answer.errors)}`)
  const impossible = new Map(answer.validationWarnings.map((warning) => [warning.policyId, warning]))
  for (const { policyId } of answer.validationErrors) impossible.delete(policyId)
  const faults = [...answer.validationErrors, ...impossible.values()].flatMap(({ policyId, error }) => {
    const rule = rules[Number(policyId)]
    return rule === undefined ? [] : [typeFault(rule, error)]
  })
  return [...new Map(faults.map((fault) => [renderFault(fault), fault])).values()]
}

function typeFault(rule: Rule, { message, help, sourceLocations = [] }: DetailedError): Fault {
  const [place] = sourceLocations
  const line = place === undefined ? rule.statement.line : lineOfByte(rule.statement, place.start)
  const what = plainWords(message)
  const hint = attributeHint(what) ?? (help === null ? undefined : plainWords(help))
  return { file: rule.file, line, message: `policy "${rule.id}": ${hint === undefined ? what : `${what}; ${hint}`}.` }
}

const plainWords = (text: string): string =>
  text
    .replace(/^for policy `\d+`, /, '')
    .replace(/^policy is impossible: .*/, 'it can never apply, whatever is requested')
    .replace(/\?$/, '')

/** Cedar's own nearest name is often far off: it proposes `acr` for `durration`. */
function attributeHint(what: string): string | undefined {
  const typed = /^attribute `(\w+)` .*not found$/.exec(what)?.[1]
  if (typed === undefined) return undefined
  if (ATTRIBUTES.includes(typed)) return 'others have it, not this one'
  const meant = nearest(typed, ATTRIBUTES)
  return meant === undefined ? `known are ${ATTRIBUTES.join(', ')}` : `did you mean \`${meant}\``
}

const describe = (errors: readonly DetailedError[]): string => errors.map(({ message }) => message).join('; ')
