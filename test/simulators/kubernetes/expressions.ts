import type { User } from './user.ts'

/**
 * The few CEL expressions that an AuthenticationConfiguration for us needs, by their text. Any other is refused when the simulator
 * starts, since a rule that is not evaluated is no rule. What throws here is an evaluation error, which refuses the token.
 */
export type Claims = Readonly<Record<string, unknown>>

const CLAIM = String.raw`claims\.(\w+(?:\.\w+)*)`
const TEXT = `(?:'([^']*)'|"([^"]*)")`

/** Of `claimValidationRules`. */
export function claimRule(expression: string): (claims: Claims) => boolean {
  const span = new RegExp(`^${CLAIM} - ${CLAIM} (<=|<) (\\d+)$`).exec(expression)
  if (span !== null) {
    const [, later = '', earlier = '', comparison, limit] = span
    return (claims) => {
      const seconds = number(claims, later) - number(claims, earlier)
      return comparison === '<' ? seconds < Number(limit) : seconds <= Number(limit)
    }
  }
  const equal = new RegExp(`^${CLAIM} == ${TEXT}$`).exec(expression)
  if (equal !== null) return (claims) => present(claims, equal[1] ?? '') === (equal[2] ?? equal[3])
  const begins = new RegExp(`^${CLAIM}\\.startsWith\\(${TEXT}\\)$`).exec(expression)
  if (begins !== null) return (claims) => text(claims, begins[1] ?? '').startsWith(begins[2] ?? begins[3] ?? '')
  throw unknown(expression)
}

/** Of `userValidationRules`. */
export function userRule(expression: string): (user: User) => boolean {
  const name = new RegExp(`^!user\\.username\\.startsWith\\(${TEXT}\\)$`).exec(expression)
  if (name !== null) return ({ username }) => !username.startsWith(name[1] ?? name[2] ?? '')
  const groups = new RegExp(`^user\\.groups\\.all\\((\\w+), ?!\\1\\.startsWith\\(${TEXT}\\)\\)$`).exec(expression)
  if (groups !== null) return (user) => user.groups.every((each) => !each.startsWith(groups[2] ?? groups[3] ?? ''))
  const among = /^user\.groups\.all\((\w+), ?\1 in (\[("(?:[^"\\]|\\.)*",?)+\])\)$/.exec(expression)
  if (among !== null) {
    const allowed: unknown = JSON.parse(among[2] ?? '[]')
    return (user) => user.groups.every((each) => Array.isArray(allowed) && allowed.includes(each))
  }
  throw unknown(expression)
}

/** Of `claimMappings`. */
export function claimValue(expression: string): (claims: Claims) => unknown {
  const plain = new RegExp(`^(?:${TEXT} \\+ )?${CLAIM}$`).exec(expression)
  if (plain !== null) {
    const [, single, double, claim = ''] = plain
    const prefix = single ?? double
    return (claims) => (prefix === undefined ? present(claims, claim) : prefix + text(claims, claim))
  }
  const each = new RegExp(`^${CLAIM}\\.map\\((\\w+), ?${TEXT} \\+ \\2\\)$`).exec(expression)
  if (each !== null) {
    const [, claim = '', , single, double] = each
    return (claims) => texts(present(claims, claim)).map((value) => `${single ?? double ?? ''}${value}`)
  }
  throw unknown(expression)
}

/** A string or a list of strings, as a list. */
export function texts(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.map((each) => {
    if (typeof each !== 'string') throw new Error('not a string or a list of strings')
    return each
  })
}

/** `path` is a claim, or a member of one: `jit.grant`. */
function present(claims: Claims, path: string): unknown {
  return path.split('.').reduce<unknown>((value, member) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member))
      throw new Error(`no such key: ${member}`)
    return Object.entries(value).find(([name]) => name === member)?.[1]
  }, claims)
}
function number(claims: Claims, claim: string): number {
  const value = present(claims, claim)
  if (typeof value !== 'number') throw new Error(`no such overload: ${claim}`)
  return value
}
function text(claims: Claims, claim: string): string {
  const value = present(claims, claim)
  if (typeof value !== 'string') throw new Error(`no such overload: ${claim}`)
  return value
}

const unknown = (expression: string): Error => new Error(`the simulator cannot evaluate ${expression}`)
