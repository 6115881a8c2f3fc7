import { type PolicyJson, policySetTextToParts, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { nearest } from '../../base/nearest.ts'
import { ConfigurationError, type Fault } from '../config/types.ts'
import { ANNOTATIONS, type Obligations } from './annotations.ts'
import { PERSON_ID, WORKLOAD_ID } from './person-id.ts'
import {
  type Rule,
  namedEntities,
  namesWorkloads,
  scopeActions,
  scopePrincipal,
  scopeTarget,
  testsForWorkload,
} from './rule.ts'
import { lineOfByte, type Statement, splitStatements } from './statements.ts'
import { ADMINISTER, ENDPOINT } from './schema.ts'
import { forbidsAdministering, validateRules } from './validate.ts'

/** A policy file as it was read. */
export type PolicyFile = { readonly path: string; readonly text: string }

/** What policies may name. */
export type Named = { readonly name: string }

/** A rule, or what keeps it from being one. */
type Reading = { readonly rule?: Rule; readonly faults: readonly Fault[] }

/**
 * Reads all policies of all files and checks everything that can be known before a request: syntax, ids, annotations,
 * types, named targets. Throws {@link ConfigurationError} with every fault found.
 */
export function readRules(
  files: readonly PolicyFile[],
  targets: readonly Named[],
  pipelines: readonly Named[] = [],
): readonly Rule[] {
  const readings = files.flatMap(readFile)
  const rules = readings.flatMap(({ rule }) => (rule === undefined ? [] : [rule]))
  const known = { targets: targets.map(({ name }) => name), pipelines: pipelines.map(({ name }) => name) }
  const faults = [
    ...readings.flatMap((reading) => reading.faults),
    ...repeatedIds(rules),
    ...rules.flatMap((rule) => unknownEntities(rule, known)),
    ...rules.flatMap(workloadFaults),
    ...validateRules(rules),
  ]
  if (faults.length > 0) throw new ConfigurationError(inReadingOrder(files, faults))
  return rules.map((rule) => (forbidsAdministering(rule) ? { ...rule, actions: [...rule.actions, ADMINISTER] } : rule))
}

const ASKING: ReadonlySet<string> = new Set(['request', 'autoApprove'])

/** What would be valid for Cedar and never have an effect, so that somebody would rely on it. */
function workloadFaults(rule: Rule): readonly Fault[] {
  if (rule.effect !== 'permit') return []
  if (namesWorkloads(rule)) {
    const other = rule.json.action.op === 'All' ? undefined : rule.actions.find((action) => !ASKING.has(action))
    return other === undefined ? [] : [faultOf(rule, `a pipeline can only ask; "${other}" is for people.`)]
  }
  const inCondition = namedEntities(rule.json).some(({ type }) => type === 'Pipeline' || type === 'Workload')
  if (!inCondition && !testsForWorkload(rule.json.conditions)) return []
  const example = 'principal in Pipeline::"…" or principal is Workload'
  return [faultOf(rule, `a permit for pipelines says so in its first line: ${example}.`)]
}

function inReadingOrder(files: readonly PolicyFile[], faults: readonly Fault[]): readonly Fault[] {
  const place = ({ file }: Fault): number => files.findIndex(({ path }) => path === file)
  return faults.toSorted((a, b) => place(a) - place(b) || (a.line ?? 0) - (b.line ?? 0))
}

function readFile({ path, text }: PolicyFile): readonly Reading[] {
  const statements = splitStatements(text)
  const readings = statements.map((statement) => readStatement(path, statement))
  if (readings.some(({ rule }) => rule === undefined)) return readings
  const parts = policySetTextToParts(text)
  const counted = parts.type === 'success' ? parts.policies.length + parts.policy_templates.length : undefined
  if (counted === statements.length) return readings
  // Cedar sees other policies than we do: better no policy at all than one forbid lost.
  return [...readings, { faults: [{ file: path, message: 'this file cannot be divided into policies.' }] }]
}

function readStatement(file: string, statement: Statement): Reading {
  const answer = policyToJson(statement.text)
  if (answer.type === 'failure') return { faults: answer.errors.map((error) => syntaxFault(file, statement, error)) }
  const { json } = answer
  const { obligations, faults } = readAnnotations(json)
  const { id } = obligations
  const named = id === undefined ? 'this policy' : `policy "${id}"`
  const located = faults.map((message) => ({ file, line: statement.line, message: `${named}: ${message}` }))
  if (id === undefined) return { faults: located }
  const scope = { actions: scopeActions(json), target: scopeTarget(json), principal: scopePrincipal(json) }
  return { rule: { ...obligations, ...scope, id, file, statement, effect: json.effect, json }, faults: located }
}

type SyntaxError = {
  readonly message: string
  readonly help: string | null
  readonly sourceLocations?: readonly Place[]
}
type Place = { readonly start: number; readonly label: string | null }

function syntaxFault(file: string, statement: Statement, { message, help, sourceLocations = [] }: SyntaxError): Fault {
  const [place] = sourceLocations
  const line = place === undefined ? statement.line : lineOfByte(statement, place.start)
  const what = message.replace(/^failed to parse policy from string: /, '')
  const more = [place?.label, help].filter((text) => text !== null && text !== undefined)
  return { file, line, message: `${[`this policy cannot be read: ${what}`, ...more].join('; ')}.` }
}

function readAnnotations(json: PolicyJson): { obligations: Partial<Obligations>; faults: readonly string[] } {
  const obligations: Record<string, string | number> = {}
  const faults: string[] = []
  const actions = scopeActions(json) // none where the scope misspells them, which the validator tells
  for (const [name, text] of Object.entries<string | null>(json.annotations ?? {})) {
    const known = Object.hasOwn(ANNOTATIONS, name) ? ANNOTATIONS[name] : undefined
    const value = known?.read(text ?? '')
    if (known === undefined) faults.push(unknownAnnotation(name))
    else if (known.effect !== 'both' && known.effect !== json.effect)
      faults.push(`@${name} belongs on a ${known.effect}.`)
    else if (actions.length > 0 && !actions.some((action) => known.actions.includes(action)))
      faults.push(`@${name} belongs on a policy for ${known.actions.join(' or ')}.`)
    else if (value === undefined) faults.push(`@${name}: expected ${known.expected}, not "${text ?? ''}".`)
    else obligations[known.field] = value
  }
  if (!Object.hasOwn(json.annotations ?? {}, 'id'))
    faults.push('expected an @id("…"), by which messages and the audit log name it.')
  return { obligations, faults }
}

function unknownAnnotation(name: string): string {
  const meant = nearest(name, Object.keys(ANNOTATIONS))
  const known = Object.keys(ANNOTATIONS).map((each) => `@${each}`)
  return `@${name} is no annotation; ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean @${meant}`}.`
}

function repeatedIds(rules: readonly Rule[]): readonly Fault[] {
  const first = new Map<string, Rule>()
  return rules.flatMap((rule) => {
    const other = first.get(rule.id)
    if (other === undefined) first.set(rule.id, rule)
    return other === undefined
      ? []
      : [faultOf(rule, `this @id is already taken in ${other.file}:${other.statement.line}.`)]
  })
}

type Known = { readonly targets: readonly string[]; readonly pipelines: readonly string[] }

function unknownEntities(rule: Rule, { targets, pipelines }: Known): readonly Fault[] {
  const unknown = (kind: string, id: string, names: readonly string[]): readonly Fault[] => {
    if (names.includes(id)) return []
    const meant = nearest(id, names)
    return [faultOf(rule, `no ${kind} is called "${id}"${meant === undefined ? '' : `; did you mean "${meant}"`}.`)]
  }
  return namedEntities(rule.json).flatMap(({ type, id }) => {
    if (type === 'Target') return unknown('target', id, targets)
    if (type === 'Pipeline') return unknown('pipeline', id, pipelines)
    if (type === ENDPOINT.type && id !== ENDPOINT.id)
      return [faultOf(rule, `${type}::"${id}" is nothing: the endpoint is ${ENDPOINT.type}::"${ENDPOINT.id}".`)]
    if (type === 'Workload' && !WORKLOAD_ID.test(id))
      return [faultOf(rule, `Workload::"${id}" names no job: expected "<issuer>#<subject>".`)]
    if (type === 'User' && !PERSON_ID.test(id))
      return [faultOf(rule, `User::"${id}" names nobody: expected "<issuer>#<subject>" as \`jit whoami\` shows them.`)]
    return []
  })
}

const faultOf = (rule: Rule, message: string): Fault => ({
  file: rule.file,
  line: rule.statement.line,
  message: `policy "${rule.id}": ${message}`,
})
