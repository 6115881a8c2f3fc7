import type { Condition } from './policy-document.ts'
import { AwsError, Unsupported } from './wire.ts'

/** Values of the condition keys of one request, keys in lower case. What is not in it is absent, as AWS means it. */
export type Context = ReadonlyMap<string, readonly string[]>
/** Says whether a key (lower case) exists in this kind of request; `many` keys may hold several values and need a set operator. */
export type KnownKey = (key: string) => 'one' | 'many' | undefined

type Compare = (actual: string, wanted: string) => boolean
type Operator = { readonly compare: Compare; readonly negated: boolean; readonly valid: (wanted: string) => boolean }

const anything = (): boolean => true
const string = (compare: Compare): readonly [Operator, Operator] => pair(compare, anything)
const pair = (compare: Compare, valid: Operator['valid']): readonly [Operator, Operator] => [
  { compare, negated: false, valid },
  { compare, negated: true, valid },
]
const [stringEquals, stringNotEquals] = string((a, b) => a === b)
const [stringEqualsIgnoreCase, stringNotEqualsIgnoreCase] = string((a, b) => a.toLowerCase() === b.toLowerCase())
const [stringLike, stringNotLike] = string((a, b) => wildcard(b, a))
const [dateEquals, dateNotEquals] = pair((a, b) => instant(a) === instant(b), isInstant)
const [numericEquals, numericNotEquals] = pair((a, b) => Number(a) === Number(b), isNumber)
const date = (compare: (a: number, b: number) => boolean): Operator => ({
  compare: (a, b) => compare(instant(a), instant(b)),
  negated: false,
  valid: isInstant,
})
const number = (compare: (a: number, b: number) => boolean): Operator => ({
  compare: (a, b) => compare(Number(a), Number(b)),
  negated: false,
  valid: isNumber,
})

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', stringEquals],
  ['StringNotEquals', stringNotEquals],
  ['StringEqualsIgnoreCase', stringEqualsIgnoreCase],
  ['StringNotEqualsIgnoreCase', stringNotEqualsIgnoreCase],
  ['StringLike', stringLike],
  ['StringNotLike', stringNotLike],
  ['ArnEquals', stringLike],
  ['ArnLike', stringLike],
  ['ArnNotEquals', stringNotLike],
  ['ArnNotLike', stringNotLike],
  ['DateEquals', dateEquals],
  ['DateNotEquals', dateNotEquals],
  ['DateLessThan', date((a, b) => a < b)],
  ['DateLessThanEquals', date((a, b) => a <= b)],
  ['DateGreaterThan', date((a, b) => a > b)],
  ['DateGreaterThanEquals', date((a, b) => a >= b)],
  ['NumericEquals', numericEquals],
  ['NumericNotEquals', numericNotEquals],
  ['NumericLessThan', number((a, b) => a < b)],
  ['NumericLessThanEquals', number((a, b) => a <= b)],
  ['NumericGreaterThan', number((a, b) => a > b)],
  ['NumericGreaterThanEquals', number((a, b) => a >= b)],
  ['Bool', { compare: (a, b) => a === b.toLowerCase(), negated: false, valid: isBoolean }],
])
const KNOWN_TO_AWS = /^(IpAddress|NotIpAddress|BinaryEquals)$/

type Parsed = {
  readonly set: 'all' | 'any' | undefined
  readonly ifExists: boolean
  readonly name: string
  readonly operator: Operator | undefined
}

function parseOperator(text: string): Parsed {
  const [, prefix, name = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(text) ?? []
  const set = prefix === 'ForAllValues' ? 'all' : prefix === 'ForAnyValue' ? 'any' : undefined
  return { set, ifExists: suffix !== undefined, name, operator: OPERATORS.get(name) }
}

/** Refuses what cannot be evaluated: at the policy's arrival, not when a request happens to touch it. */
export function checkCondition(text: string, key: string, values: readonly string[], knownKey: KnownKey): void {
  const { name, operator, set } = parseOperator(text)
  if (KNOWN_TO_AWS.test(name)) throw new Unsupported(`the condition operator ${name}`)
  if (operator === undefined && name !== 'Null')
    throw new AwsError(400, 'MalformedPolicyDocument', `Invalid Condition type : ${text}.`)
  const known = knownKey(key.toLowerCase())
  if (known === undefined) throw new Unsupported(`the condition key ${key} here`)
  if (known === 'many' && set === undefined && name !== 'Null')
    throw new Unsupported(`${text} on ${key}, which can hold several values: use ForAnyValue or ForAllValues`)
  for (const value of values)
    if (!(operator?.valid ?? isBoolean)(value))
      throw new AwsError(400, 'MalformedPolicyDocument', `Invalid value ${value} in Condition ${text}.`)
}

/** IAM user guide, "Condition operators" and "Set operators": an absent key fails a plain operator, passes a negated one, `…IfExists` and ForAllValues. */
export function holds({ operator: text, key, values }: Condition, context: Context): boolean {
  const { set, ifExists, name, operator } = parseOperator(text)
  const actual = context.get(key.toLowerCase())
  if (name === 'Null') return values.some((value) => (value.toLowerCase() === 'true') === (actual === undefined))
  if (operator === undefined) throw new Unsupported(`the condition operator ${text}`)
  const matches = (one: string): boolean => values.some((wanted) => operator.compare(one, wanted)) !== operator.negated
  if (actual === undefined || actual.length === 0)
    return set === 'all' || (set === undefined && (ifExists || operator.negated)) || (set === 'any' && ifExists)
  return set === 'any' ? actual.some(matches) : actual.every(matches)
}

/** `*` and `?` as IAM knows them. */
export function wildcard(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`).test(text)
}

/** ISO 8601 in UTC, or seconds since 1970. */
const instant = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text))
function isInstant(text: string): boolean {
  return /^(\d+|\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?)$/.test(text) && !Number.isNaN(instant(text))
}
function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text)
}
function isBoolean(text: string): boolean {
  return /^(true|false)$/i.test(text)
}
