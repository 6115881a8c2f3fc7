import { describe, expect, test } from 'vitest'
import { claimRule, claimValue, userRule } from '../../../simulators/kubernetes/expressions.ts'

const CLAIMS = { exp: 900, iat: 0, sub: 'jit:alice', hd: 'corp.example', groups: ['a', 'b'], jit: { grant: 'g_1' } }
const USER = { username: 'jit:alice', groups: ['a', 'system-like'] }

describe('a claim rule', () => {
  test.each([
    ['claims.exp - claims.iat <= 900', true],
    ['claims.exp - claims.iat < 900', false],
    ['claims.exp - claims.iat <= 899', false],
    ["claims.hd == 'corp.example'", true],
    ['claims.hd == "example"', false],
    ["claims.sub.startsWith('jit:')", true],
    ["claims.sub.startsWith('git:')", false],
    ["claims.jit.grant == 'g_1'", true],
  ])('%s is %s', (expression, held) => {
    expect(claimRule(expression)(CLAIMS)).toBe(held)
  })

  test.each([
    ["claims.none == ''", /no such key: none/],
    ['claims.exp - claims.sub <= 1', /no such overload: sub/],
    ["claims.exp.startsWith('9')", /no such overload: exp/],
    ["claims.jit.none == 'x'", /no such key: none/],
    ["claims.sub.x == 'x'", /no such key: x/],
  ])('%s cannot be evaluated on these claims', (expression, reason) => {
    expect(() => claimRule(expression)(CLAIMS)).toThrow(reason)
  })

  test.each(["claims.hd == 'a' || true", 'true', "claims.sub.matches('^jit:')", "claims.sub.startsWith('a') "])(
    '%s is not guessed at',
    (expression) => {
      expect(() => claimRule(expression)).toThrow(/the simulator cannot evaluate/)
    },
  )
})

describe('a user rule', () => {
  test.each([
    ["!user.username.startsWith('system:')", true],
    ["!user.username.startsWith('jit:')", false],
    ["user.groups.all(group, !group.startsWith('system:'))", true],
    ["user.groups.all(g, !g.startsWith('a'))", false],
    ['user.groups.all(g, g in ["a","system-like","z\\""])', true],
    ['user.groups.all(g, g in ["a","b"])', false],
  ])('%s is %s', (expression, held) => {
    expect(userRule(expression)(USER)).toBe(held)
  })

  test.each(["user.groups.all(g, !h.startsWith('a'))", "user.username.startsWith('jit:')"])(
    '%s is not guessed at',
    (expression) => {
      expect(() => userRule(expression)).toThrow(/the simulator cannot evaluate/)
    },
  )
})

describe('a mapping', () => {
  test.each([
    ['claims.sub', 'jit:alice'],
    ['claims.jit.grant', 'g_1'],
    ["'oidc:' + claims.sub", 'oidc:jit:alice'],
    ["claims.groups.map(g, 'jit:' + g)", ['jit:a', 'jit:b']],
  ])('%s is %j', (expression, value) => {
    expect(claimValue(expression)(CLAIMS)).toEqual(value)
  })

  test('of what it does not know is not guessed at', () => {
    expect(() => claimValue('claims.groups.map(g, g)')).toThrow(/the simulator cannot evaluate/)
  })
})
