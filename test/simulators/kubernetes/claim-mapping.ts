import type { JwtAuthenticator } from './config.ts'
import { type Claims, claimRule, claimValue, texts, userRule } from './expressions.ts'
import { Unauthenticated } from './status.ts'
import type { User } from './user.ts'

/** From verified claims to a user, by the rules and mappings of one issuer. Throws where one of them cannot be evaluated. */
export function createClaimMapping(settings: JwtAuthenticator): (claims: Claims) => User {
  const { claimMappings, claimValidationRules, userValidationRules } = settings
  const claimRules = claimValidationRules.map((rule) =>
    'claim' in rule
      ? { holds: (claims: Claims) => claims[rule.claim] === rule.requiredValue, why: `claim ${rule.claim}` }
      : { holds: claimRule(rule.expression), why: rule.message ?? rule.expression },
  )
  const userRules = userValidationRules.map(({ expression, message }) => ({
    holds: userRule(expression),
    why: message ?? expression,
  }))
  const username = mapping(claimMappings.username)
  const groups = claimMappings.groups === undefined ? () => [] : mapping(claimMappings.groups)
  const { uid, extra } = claimMappings
  const extras = extra.map(({ key, valueExpression }) => ({ key, value: claimValue(valueExpression) }))
  const uidOf = uid === undefined ? undefined : claimValue('claim' in uid ? `claims.${uid.claim}` : uid.expression)

  const map = (claims: Claims): User => {
    check(claimRules, claims, 'claim')
    const [name, ...more] = username(claims)
    if (name === undefined || name === '' || more.length > 0) throw new Error('the username is not one string')
    checkEmail(claimMappings.username, claims)
    const user: User = {
      username: name,
      ...(uidOf !== undefined && { uid: texts(uidOf(claims)).join('') }),
      groups: groups(claims),
      ...(extras.length > 0 && {
        extra: Object.fromEntries(extras.map(({ key, value }) => [key, texts(value(claims))])),
      }),
    }
    check(userRules, user, 'user')
    return { ...user, groups: [...user.groups, 'system:authenticated'] }
  }
  return (claims) => {
    try {
      return map(claims)
    } catch (error) {
      if (error instanceof Unauthenticated) throw error
      throw new Unauthenticated(`claims: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

type Rule<T> = { readonly holds: (subject: T) => boolean; readonly why: string }

function check<T>(rules: readonly Rule<T>[], subject: T, of: string): void {
  for (const { holds, why } of rules)
    if (!holds(subject)) throw new Unauthenticated(`${of} validation rule failed: ${why}`)
}

/** A claim with its prefix or an expression. A groups claim that is absent means no groups; a username claim must be there. */
function mapping(from: JwtAuthenticator['claimMappings']['username']): (claims: Claims) => readonly string[] {
  if ('expression' in from) {
    const value = claimValue(from.expression)
    return (claims) => texts(value(claims))
  }
  return (claims) =>
    (Object.hasOwn(claims, from.claim) ? texts(claims[from.claim]) : []).map((each) => from.prefix + each)
}

function checkEmail(from: JwtAuthenticator['claimMappings']['username'], claims: Claims): void {
  if (
    'claim' in from &&
    from.claim === 'email' &&
    Object.hasOwn(claims, 'email_verified') &&
    claims['email_verified'] !== true
  )
    throw new Unauthenticated('oidc: email not verified')
}
