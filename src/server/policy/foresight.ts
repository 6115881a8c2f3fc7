/** An attribute that certainly will not be there, such as `context.ticket` of a request without one. */
export const ABSENT: unique symbol = Symbol('absent')

type Scalar = string | number | boolean
export type Known = Scalar | readonly Scalar[]

/** Values known beforehand, by their path in a policy: `resource.labels`, `context.requester.subject`. Entities are `Type::"id"`. */
export type Knowledge = ReadonlyMap<string, Known | typeof ABSENT>

type Clause = { readonly kind: 'when' | 'unless'; readonly body: unknown }

/**
 * Whether the conditions of a policy will hold, as far as that can be known: `undefined` is "it depends". Only used to
 * say beforehand who may approve; every decision is Cedar's. What is not understood here depends.
 */
export function foresee(conditions: readonly Clause[], knowledge: Knowledge): boolean | undefined {
  return conjunction(
    conditions.map(({ kind, body }) => {
      const holds = truth(evaluate(body, knowledge))
      return kind === 'when' ? holds : not(holds)
    }),
  )
}

type Value = Known | undefined

function evaluate(expression: unknown, knowledge: Knowledge): Value {
  const [operator, operand] = only(expression)
  const path = pathOf(expression)
  const known = path === undefined ? undefined : knowledge.get(path)
  if (known !== undefined) return known === ABSENT ? undefined : known
  const { left, right, arg } = members(operand)
  switch (operator) {
    case 'Value':
      return literal(operand)
    case 'Set':
      return scalars(Array.isArray(operand) ? operand.map((each) => evaluate(each, knowledge)) : [])
    case 'has':
      return presence(operand, knowledge)
    case '!':
      return not(truth(evaluate(arg, knowledge)))
    case '&&':
      return conjunction([left, right].map((each) => truth(evaluate(each, knowledge))))
    case '||':
      return not(conjunction([left, right].map((each) => not(truth(evaluate(each, knowledge))))))
    default:
      return OPERATORS.get(operator)?.(evaluate(left, knowledge), evaluate(right, knowledge))
  }
}

type Operator = (left: Value, right: Value) => boolean | undefined

const equal: Operator = (left, right) => (isScalar(left) && isScalar(right) ? left === right : undefined)
const ordered =
  (holds: (left: number, right: number) => boolean): Operator =>
  (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? holds(left, right) : undefined
const onSets =
  (holds: (left: readonly Scalar[], right: readonly Scalar[]) => boolean): Operator =>
  (left, right) =>
    isList(left) && isList(right) ? holds(left, right) : undefined

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['==', equal],
  ['!=', (left, right) => not(equal(left, right))],
  ['<', ordered((left, right) => left < right)],
  ['<=', ordered((left, right) => left <= right)],
  ['>', ordered((left, right) => left > right)],
  ['>=', ordered((left, right) => left >= right)],
  ['contains', (left, right) => (isList(left) && isScalar(right) ? left.includes(right) : undefined)],
  ['containsAll', onSets((left, right) => right.every((each) => left.includes(each)))],
  ['containsAny', onSets((left, right) => right.some((each) => left.includes(each)))],
])

const isList = (value: Value): value is readonly Scalar[] => Array.isArray(value)
const isScalar = (value: Value): value is Scalar => value !== undefined && !isList(value)
const truth = (value: Value): boolean | undefined => (typeof value === 'boolean' ? value : undefined)
const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value)

function conjunction(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(false)) return false
  return values.includes(undefined) ? undefined : true
}

function scalars(values: readonly Value[]): readonly Scalar[] | undefined {
  const known = values.filter(isScalar)
  return known.length === values.length ? known : undefined
}

function literal(value: unknown): Value {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value)) return value as Scalar
  const { type, id } = members(members(value)['__entity'])
  return typeof type === 'string' && typeof id === 'string' ? entityText(type, id) : undefined
}

export const entityText = (type: string, id: string): string => `${type}::"${id}"`

function presence(operand: unknown, knowledge: Knowledge): boolean | undefined {
  const { left, attr } = members(operand)
  const known = typeof attr === 'string' ? knowledge.get(`${pathOf(left)}.${attr}`) : undefined
  return known === undefined ? undefined : known !== ABSENT
}

/** `context.requester.issuer` of nested attribute accesses; `undefined` for any other expression. */
function pathOf(expression: unknown): string | undefined {
  const [operator, operand] = only(expression)
  if (operator === 'Var' && typeof operand === 'string') return operand
  const { left, attr } = members(operand)
  const parent = operator === '.' ? pathOf(left) : undefined
  return parent === undefined || typeof attr !== 'string' ? undefined : `${parent}.${attr}`
}

/** An expression of Cedar's JSON format is an object with one member: the operator and its operand. */
function only(expression: unknown): readonly [string, unknown] {
  const [first, ...more] = Object.entries(members(expression))
  return first === undefined || more.length > 0 ? ['', undefined] : first
}

const members = (
  value: unknown,
): {
  readonly [name: string]: unknown
  readonly left?: unknown
  readonly right?: unknown
  readonly arg?: unknown
  readonly attr?: unknown
  readonly type?: unknown
  readonly id?: unknown
} => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {})
