import { describe, expect, test } from 'vitest'
import { evaluate, holds, NoValue } from '../../../simulators/gcp/evaluate.ts'
import { parseExpression } from '../../../simulators/gcp/expression.ts'
import { Unsupported } from '../../../simulators/gcp/wire.ts'

const VARIABLES = {
  assertion: { sub: 'alice', amr: ['pwd', 'mfa'], jit: { target: 'prod-db' }, n: 3, verified: true, 'odd-name': 'x' },
  google: { subject: 'alice' },
  request: { time: new Date('2026-11-21T12:00:00Z') },
}
const valueOf = (text: string): unknown => evaluate(parseExpression(text), VARIABLES)

test.each<[string, unknown]>([
  ['assertion.jit.target', 'prod-db'],
  ["assertion['odd-name']", 'x'],
  ['assertion.amr[1]', 'mfa'],
  ["'it\\'s'", "it's"],
  ["assertion.sub == 'alice'", true],
  ['assertion.sub != "alice"', false],
  ["assertion.amr.exists(m, m == 'mfa')", true],
  ["assertion.amr.all(m, m == 'mfa')", false],
  ["'mfa' in assertion.amr", true],
  ["assertion.sub in ['bob', 'carol']", false],
  ["assertion.sub.startsWith('al') && assertion.sub.endsWith('ce') && assertion.sub.contains('lic')", true],
  ['has(assertion.jit.target) && !has(assertion.jit.grant)', true],
  ["has(assertion.none) || assertion.sub == 'alice'", true],
  ["assertion.none == 'x' || assertion.verified", true],
  ["assertion.verified || assertion.none == 'x'", true],
  ["assertion.none == 'x' && !assertion.verified", false],
  ['true || false && false', true],
  ['(true || false) && false', false],
  ['assertion.amr.size() == 2 && assertion.n >= 3 && assertion.n < 4', true],
  ["request.time < timestamp('2026-11-21T12:00:01Z')", true],
  ["request.time >= timestamp('2026-11-21T13:00:00+01:00')", true],
  ["request.time > timestamp('2026-11-21T12:00:00Z')", false],
  ['google.subject == assertion.sub', true],
  ["'jit:' + assertion.jit.target + ':' == 'jit:prod-db:'", true],
  [
    "assertion.jit.target in ['prod-db'] && ('jit:prod-db:alice').startsWith('jit:' + assertion.jit.target + ':')",
    true,
  ],
  ['assertion.n + 1 == 4', true],
])('%s is %j', (text, wanted) => {
  expect(valueOf(text)).toEqual(wanted)
})

describe('what comes to no value is no consent', () => {
  test.each([
    'assertion.none',
    "assertion.none == 'x'",
    "!(assertion.none == 'x')",
    "assertion.none == 'x' || !assertion.verified",
    "assertion.none == 'x' && assertion.verified",
    'assertion.sub',
    "assertion.n == '3'",
    "assertion.sub.exists(m, m == 'mfa')",
    'assertion.sub < assertion.sub',
    "request.time < timestamp('soon')",
    'assertion.constructor',
    "assertion.n + 'x' == '3x'",
    "'mfa' in assertion.sub",
  ])('%s', (text) => {
    expect(holds(parseExpression(text), VARIABLES)).toBe(false)
  })

  test('and no attribute', () => {
    expect(() => valueOf('assertion.jit.none')).toThrow(NoValue)
  })
})

test.each([
  '',
  'assertion.',
  'assertion.sub ==',
  "assertion.sub = 'x'",
  "assertion.sub == 'x",
  '(assertion.sub',
  'assertion.sub)',
  'a ? b : c',
  '1.5 < 2',
  "matches(assertion.sub, '.*')",
  "assertion.sub.matches('.*')",
  "assertion.sub.startsWith('a', 'b')",
])('%j is no expression that the simulator knows', (text) => {
  expect(() => parseExpression(text)).toThrow(/^the expression /)
})

test('comparing lists is not guessed', () => {
  expect(() => valueOf("assertion.amr == ['pwd', 'mfa']")).toThrow(Unsupported)
})
