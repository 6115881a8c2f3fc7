import type { Expression } from './expression.ts'
import { Unsupported } from './wire.ts'

/** Evaluation came to nothing: a claim that is not there, an operator on the wrong type. A condition that ends so is not met. */
export class NoValue extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'NoValue'
  }
}

export type Variables = Readonly<Record<string, unknown>>

/** Throws {@link NoValue}. CEL language definition: `&&` and `||` forgive an error on one side where the other side decides. */
export function evaluate(expression: Expression, variables: Variables): unknown {
  switch (expression.kind) {
    case 'value':
      return expression.value
    case 'name':
      return own(variables, expression.name)
    case 'list':
      return expression.items.map((item) => evaluate(item, variables))
    case 'member':
      return own(evaluate(expression.of, variables), evaluate(expression.key, variables))
    case 'not':
      return !truth(evaluate(expression.of, variables))
    case 'binary':
      return binary(expression, variables)
    case 'call':
    default:
      return call(expression, variables)
  }
}

/** Whether a condition is met. */
export function holds(expression: Expression, variables: Variables): boolean {
  try {
    return evaluate(expression, variables) === true
  } catch (error) {
    if (error instanceof NoValue) return false
    throw error
  }
}

function own(of: unknown, key: unknown): unknown {
  if (Array.isArray(of) && typeof key === 'number' && key in of) return of[key]
  if (typeof of === 'object' && of !== null && !Array.isArray(of) && typeof key === 'string' && Object.hasOwn(of, key))
    return Object.getOwnPropertyDescriptor(of, key)?.value
  throw new NoValue(`there is no ${String(key)}`)
}

function binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, variables: Variables): unknown {
  if (operator === '&&' || operator === '||') {
    const deciding = operator === '||'
    const sides = [left, right].map((side) => attempt(() => truth(evaluate(side, variables))))
    if (sides.includes(deciding)) return deciding
    if (sides.includes(undefined)) throw new NoValue(`neither side of ${operator} decides`)
    return !deciding
  }
  const [a, b] = [evaluate(left, variables), evaluate(right, variables)]
  if (operator === '==') return same(a, b)
  if (operator === '!=') return !same(a, b)
  if (operator === 'in') {
    if (!Array.isArray(b)) throw new NoValue('in needs a list')
    return b.some((each) => typeof each === typeof a && same(each, a))
  }
  if (operator === '+') return sum(a, b)
  const order = compare(a, b)
  return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0
}

function call({ of, name, args }: Extract<Expression, { kind: 'call' }>, variables: Variables): unknown {
  const [first, second] = args
  if (first === undefined && name !== 'size') throw new Unsupported(`${name}() without arguments`)
  if (of === undefined && first !== undefined)
    return name === 'has' ? has(first, variables) : instant(evaluate(first, variables))
  if (of === undefined) throw new Unsupported(`the function ${name}`)
  const self = evaluate(of, variables)
  if (name === 'size') {
    if (typeof self !== 'string' && !Array.isArray(self)) throw new NoValue('size() of neither a text nor a list')
    return self.length
  }
  if (name === 'exists' || name === 'all') {
    if (!Array.isArray(self) || first?.kind !== 'name' || second === undefined)
      throw new NoValue(`${name}() needs a list`)
    const meets = (item: unknown): boolean => truth(evaluate(second, { ...variables, [first.name]: item }))
    return name === 'exists' ? self.some(meets) : self.every(meets)
  }
  const wanted = first === undefined ? undefined : evaluate(first, variables)
  if (typeof self !== 'string' || typeof wanted !== 'string') throw new NoValue(`${name}() needs texts`)
  if (name === 'startsWith') return self.startsWith(wanted)
  return name === 'endsWith' ? self.endsWith(wanted) : self.includes(wanted)
}

function has(expression: Expression, variables: Variables): boolean {
  if (expression.kind !== 'member') throw new Unsupported('has() of anything but a member')
  const of = evaluate(expression.of, variables)
  const key = evaluate(expression.key, variables)
  return typeof of === 'object' && of !== null && typeof key === 'string' && Object.hasOwn(of, key)
}

/** RFC 3339, as the standard function `timestamp` reads it. */
function instant(text: unknown): Date {
  const date = new Date(
    typeof text === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? text : Number.NaN,
  )
  if (Number.isNaN(date.getTime())) throw new NoValue('timestamp() of no time')
  return date
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new NoValue('a truth value is needed')
  return value
}

function attempt(side: () => boolean): boolean | undefined {
  try {
    return side()
  } catch (error) {
    if (error instanceof NoValue) return undefined
    throw error
  }
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (a === null || b === null) return a === b
  if (typeof a !== typeof b) throw new NoValue('values of two types are compared')
  if (typeof a === 'object') throw new Unsupported('comparing lists or maps')
  return a === b
}

function sum(a: unknown, b: unknown): string | number {
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (typeof a === 'number' && typeof b === 'number') return a + b
  throw new NoValue('values of two types are added')
}

function compare(a: unknown, b: unknown): number {
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime()
  if (typeof a === 'number' && typeof b === 'number') return a - b
  throw new NoValue('values that have no order are compared')
}
