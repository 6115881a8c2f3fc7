/** The part of the Common Expression Language that provider mappings, provider conditions and IAM conditions of ours are written in. */
export type Expression =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly key: Expression }
  | {
      readonly kind: 'call'
      readonly of: Expression | undefined
      readonly name: string
      readonly args: readonly Expression[]
    }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }

/** The text is no expression, or uses what this reader does not know. */
export class ExpressionError extends Error {
  constructor(text: string, problem: string) {
    super(`the expression ${text}: ${problem}`)
    this.name = 'ExpressionError'
  }
}

const TOKEN =
  /\s*(?:('(?:[^'\\]|\\['\\])*'|"(?:[^"\\]|\\["\\])*")|(\d+)(?![\w.])|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||[<>!()[\],.+]))/y
/** Loosest first (CEL language definition, "Syntax"). */
const LEVELS = [['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', 'in'], ['+']] as const
const CALLS: Readonly<Record<string, number>> = { has: 1, timestamp: 1 }
const METHODS: Readonly<Record<string, number>> = {
  startsWith: 1,
  endsWith: 1,
  contains: 1,
  exists: 2,
  all: 2,
  size: 0,
}

type Token = { readonly kind: 'string' | 'number' | 'word' | 'sign'; readonly text: string }

/** Throws {@link ExpressionError}: at the configuration's arrival, not when a token happens to touch it. */
export function parseExpression(text: string): Expression {
  const tokens = tokenize(text)
  let at = 0
  const fail = (problem: string): ExpressionError => new ExpressionError(text, problem)
  const peek = (): string | undefined => (tokens[at]?.kind === 'string' ? undefined : tokens[at]?.text)
  const take = (sign: string): boolean => peek() === sign && ++at > 0
  const expect = (sign: string): void => {
    if (!take(sign)) throw fail(`expected ${sign}`)
  }

  function binary(level: number): Expression {
    const operators: readonly string[] | undefined = LEVELS[level]
    if (operators === undefined) return unary()
    let left = binary(level + 1)
    for (let operator = peek(); operator !== undefined && operators.includes(operator); operator = peek()) {
      at += 1
      left = { kind: 'binary', operator, left, right: binary(level + 1) }
    }
    return left
  }

  const unary = (): Expression => (take('!') ? { kind: 'not', of: unary() } : postfix(primary()))

  function postfix(of: Expression): Expression {
    if (take('[')) {
      const key = binary(0)
      expect(']')
      return postfix({ kind: 'member', of, key })
    }
    if (!take('.')) return of
    const name = word()
    if (peek() !== '(') return postfix({ kind: 'member', of, key: { kind: 'value', value: name } })
    return postfix({ kind: 'call', of, name, args: args(name, METHODS) })
  }

  function primary(): Expression {
    const token = tokens[at]
    if (take('(')) {
      const inner = binary(0)
      expect(')')
      return inner
    }
    if (take('[')) return { kind: 'list', items: list(']') }
    at += 1
    if (token?.kind === 'string') return { kind: 'value', value: token.text }
    if (token?.kind === 'number') return { kind: 'value', value: Number(token.text) }
    if (token?.kind !== 'word') throw fail(token === undefined ? 'ends too early' : `${token.text} is not expected`)
    if (token.text === 'true' || token.text === 'false') return { kind: 'value', value: token.text === 'true' }
    if (token.text === 'null') return { kind: 'value', value: null }
    if (peek() !== '(') return { kind: 'name', name: token.text }
    return { kind: 'call', of: undefined, name: token.text, args: args(token.text, CALLS) }
  }

  function args(name: string, known: Readonly<Record<string, number>>): readonly Expression[] {
    expect('(')
    const found = list(')')
    if (!Object.hasOwn(known, name) || known[name] !== found.length)
      throw fail(`the function ${name} is not known here`)
    return found
  }

  function list(end: string): readonly Expression[] {
    const items: Expression[] = []
    if (take(end)) return items
    do items.push(binary(0))
    while (take(','))
    expect(end)
    return items
  }

  function word(): string {
    const token = tokens[at]
    if (token?.kind !== 'word') throw fail('expected a name after .')
    at += 1
    return token.text
  }

  const whole = binary(0)
  if (at < tokens.length) throw fail(`${tokens[at]?.text} is not expected`)
  return whole
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(TOKEN)
  const end = text.trimEnd().length
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex
    const [, string, number, word, sign] = pattern.exec(text) ?? []
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replace(/\\(.)/g, '$1') })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else throw new ExpressionError(text, `cannot be read from character ${from}`)
  }
  return tokens
}
