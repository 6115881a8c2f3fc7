import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../../../../src/server/approvals/types.ts'
import { circumstances } from '../../../../src/server/policy/circumstances.ts'
import { createEngine, type Outcome } from '../../../../src/server/policy/engine.ts'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import { readRules } from '../../../../src/server/policy/read-rules.ts'
import { askedOfContext } from '../../../../src/server/policy/rule.ts'
import { ACTIONS } from '../../../../src/server/policy/schema.ts'
import { caller, facts, target } from '../../../support/policy.ts'

const targets = ['prod-db', 'billing', 'sandbox'].map((name) => target(name))
const ids = (rules: readonly { readonly id: string }[]) => rules.map(({ id }) => id).toSorted()
const inShort = ({ allowed, permits, forbids, failed }: Outcome) => [allowed, ids(permits), ids(forbids), ids(failed)]
const rulesOf = (text: string) => readRules([{ path: 'p.cedar', text }], targets)

describe('slices', () => {
  test('leave out what names another target or action, and nothing else', () => {
    const engine = createEngine(
      rulesOf(`
        @id("all") forbid(principal, action, resource) when { context.hour == 3 };
        @id("own") permit(principal, action == Action::"request", resource == Target::"prod-db");
        @id("in") permit(principal, action in [Action::"request", Action::"approve"], resource in Target::"prod-db");
        @id("is-in") permit(principal, action, resource is Target in Target::"billing");
        @id("is") permit(principal, action, resource is Target);
      `),
    )
    const sliceOf = (action: (typeof ACTIONS)[number], name: string) => ids(engine.slice(action, name))
    expect(sliceOf('request', 'prod-db')).toEqual(['all', 'in', 'is', 'own'])
    expect(sliceOf('approve', 'prod-db')).toEqual(['all', 'in', 'is'])
    expect(sliceOf('autoApprove', 'prod-db')).toEqual(['all', 'is'])
    expect(sliceOf('request', 'billing')).toEqual(['all', 'is', 'is-in'])
    expect(sliceOf('request', 'sandbox')).toEqual(['all', 'is'])
  })

  test('decide as the whole set does', () => {
    const scope = fc.record({
      effect: fc.constantFrom('permit', 'permit', 'forbid'),
      principal: fc.constantFrom('principal', 'principal in Group::"a"', 'principal in Group::"b"'),
      action: fc.constantFrom(
        'action',
        'action == Action::"request"',
        'action in [Action::"request", Action::"approve"]',
      ),
      resource: fc.constantFrom(
        'resource',
        'resource == Target::"prod-db"',
        'resource in Target::"billing"',
        'resource is Target in Target::"sandbox"',
      ),
    })
    fc.assert(
      fc.property(fc.array(scope, { minLength: 1, maxLength: 8 }), fc.subarray(['a', 'b']), (scopes, groups) => {
        const text = scopes
          .map((s, i) => `@id("p${i}") ${s.effect}(${s.principal}, ${s.action}, ${s.resource});`)
          .join('\n')
        const rules = rulesOf(text)
        const sliced = createEngine(rules)
        const whole = createEngine(rules.map((rule) => ({ ...rule, target: undefined, actions: ACTIONS })))
        const person = caller('ana', groups)
        const requester = { issuer: 'https://i', subject: 's' }
        const context = { ...circumstances(person, facts(60)), requester }
        for (const action of ACTIONS)
          for (const each of targets)
            expect(inShort(sliced.evaluate(action, person, each, context))).toEqual(
              inShort(whole.evaluate(action, person, each, context)),
            )
      }),
      { numRuns: 60 },
    )
  })
})

describe('two policies in one process', () => {
  test('do not answer for each other', () => {
    const [prod] = targets
    if (prod === undefined) throw new Error('no target')
    const load = (group: string) =>
      loadPolicy({
        files: [{ path: 'p.cedar', text: `@id("x") permit(principal in Group::"${group}", action, resource);` }],
        targets,
      })
    const [one, two] = [load('a'), load('b')]
    for (let round = 0; round < 2; round++) {
      expect(one.judge(caller('ana', ['a']), prod, facts(60)).approval.kind).toBe('automatic')
      expect(two.judge(caller('ana', ['a']), prod, facts(60)).approval.kind).toBe('refused')
    }
    expect(one.hash).not.toBe(two.hash)
    expect(one.hash).toBe(load('a').hash)
  })
})

describe('a question that was asked before', () => {
  const [prod] = targets
  if (prod === undefined) throw new Error('no target')
  const kindAt = (condition: string) => {
    const text = `@id("x") permit(principal, action, resource) when { ${condition} };`
    const policy = loadPolicy({ files: [{ path: 'p.cedar', text }], targets })
    return (hour: number, more: Partial<Caller> = {}) =>
      policy.judge(caller('ana', [], more), prod, facts(60, { nowMs: Date.UTC(2026, 10, 21, hour) })).approval.kind
  }

  test.each([
    'context.hour == 7',
    'context has hour && context.hour == 7',
    'context.minuteOfDay < 480 && context.minuteOfDay >= 420',
    'context.now < datetime("2026-11-21T08:00:00Z") && context.now >= datetime("2026-11-21T07:00:00Z")',
    'if context.weekday == 6 then context.hour == 7 else false',
    'context.flow == "browser" && !(context.hour != 7)',
  ])('is asked again at another time where a policy looks at it: %s', (condition) => {
    const kind = kindAt(condition)
    for (let round = 0; round < 2; round++)
      expect([6, 7, 8].map((hour) => kind(hour))).toEqual(['refused', 'automatic', 'refused'])
  })

  test('is asked again where anything else about the caller changed', () => {
    const kind = kindAt('context.amr.contains("mfa") && context.address.isInRange(ip("10.0.0.0/8"))')
    const answers = () => [kind(1), kind(1, { amr: ['pwd'] }), kind(1, { address: '192.0.2.1' }), kind(2)]
    for (let round = 0; round < 2; round++) expect(answers()).toEqual(['automatic', 'refused', 'refused', 'automatic'])
  })

  test('with an address that is none is refused, though no policy looks at the address', () => {
    expect(kindAt('true')(1, { address: 'unknown' })).toBe('refused')
  })

  test('leaves out no time where a policy takes the context as a whole', () => {
    const { json } = rulesOf('@id("x") permit(principal, action, resource);')[0] ?? {}
    const whole = { ...json, conditions: [{ kind: 'when', body: { '==': { left: { Var: 'context' }, right: {} } } }] }
    expect(askedOfContext(whole)).toBe('all')
    const plain = { '.': { left: { Var: 'context' }, attr: 'hour' } }
    expect(askedOfContext({ body: [plain, { Value: 'context' }] })).toEqual(new Set(['hour']))
  })
})

test('integers over 2^53 keep their value', () => {
  const [prod] = targets
  if (prod === undefined) throw new Error('no target')
  const text = '@id("x") permit(principal, action, resource) when { 9007199254740993 != 9007199254740992 };'
  const policy = loadPolicy({ files: [{ path: 'p.cedar', text }], targets })
  expect(policy.judge(caller('ana'), prod, facts(60)).approval.kind).toBe('automatic')
})
