import { describe, expect, test } from 'vitest'
import { ConfigurationError, renderFault } from '../../../../src/server/config/types.ts'
import { findGaps } from '../../../../src/server/policy/coverage.ts'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import { readRules } from '../../../../src/server/policy/read-rules.ts'
import type { StopFacts } from '../../../../src/server/policy/types.ts'
import { caller, SATURDAY_NIGHT, target } from '../../../support/policy.ts'

const targets = [target('prod-db')]
const policy = (text: string) => loadPolicy({ files: [{ path: 'p.cedar', text }], targets })
const all: StopFacts = { scope: 'all', reason: 'incident 42', nowMs: SATURDAY_NIGHT }
const kim = caller('kim', ['security'])
const may = (text: string, who = kim, about = all) => policy(text).mayAdminister(who, about).allowed

const NAMED = '@id("stop") permit(principal in Group::"security", action == Action::"administer", resource);'

function faults(text: string): readonly string[] {
  try {
    policy(text)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(renderFault)
    throw error
  }
}

describe('the kill switch is given', () => {
  test.each<[string, string, boolean]>([
    ['by nobody', '@id("a") permit(principal, action == Action::"request", resource);', false],
    ['by a permit that names the action', NAMED, true],
    [
      'by one that names it among others',
      '@id("a") permit(principal in Group::"security", action in [Action::"request", Action::"administer"], resource);',
      true,
    ],
    ['by one that names the endpoint', '@id("a") permit(principal, action, resource == Endpoint::"jit");', true],
    ['by one that names its type', '@id("a") permit(principal, action, resource is Endpoint);', true],
    ['by no permit that only leaves the action open', '@id("a") permit(principal, action, resource);', false],
    ['to nobody else', '@id("a") permit(principal in Group::"sre", action == Action::"administer", resource);', false],
    [
      'not against a forbid of the person',
      `${NAMED} @id("b") forbid(principal == User::"https://idp.corp.example#kim", action, resource);`,
      false,
    ],
    [
      'not against a forbid of the circumstances',
      `${NAMED} @id("b") forbid(principal, action, resource) when { context.flow == "browser" };`,
      false,
    ],
    [
      'although a forbid is about labels of targets',
      `${NAMED} @id("b") forbid(principal, action, resource) unless { resource.labels.contains("x") };`,
      true,
    ],
    [
      'although a forbid is about one target',
      `${NAMED} @id("b") forbid(principal, action, resource == Target::"prod-db");`,
      true,
    ],
    [
      'although a forbid is about the other actions',
      `${NAMED} @id("b") forbid(principal, action in [Action::"request", Action::"approve"], resource);`,
      true,
    ],
    [
      'not by a permit that fails',
      '@id("a") permit(principal, action == Action::"administer", resource) when { context.reasonLength * 9223372036854775807 != 0 };',
      false,
    ],
    [
      'not against a forbid that fails',
      `${NAMED} @id("b") forbid(principal, action, resource) when { context.reasonLength * 9223372036854775807 == 0 };`,
      false,
    ],
  ])('%s', (_, text, allowed) => {
    expect(may(text)).toBe(allowed)
  })

  test('by scope, time, login and reason of the call', () => {
    const given = (when: string) =>
      `@id("a") permit(principal in Group::"security", action == Action::"administer", resource) when { ${when} };`
    expect(may(given('context.scope == "all"'))).toBe(true)
    expect(may(given('context.scope == "all"'), kim, { ...all, scope: 'user' })).toBe(false)
    expect(may(given('context.amr.contains("mfa")'), caller('kim', ['security'], { amr: ['pwd'] }))).toBe(false)
    expect(may(given('context.hour == 23 && context.weekday == 6 && context.minuteOfDay == 1410'))).toBe(true)
    expect(may(given('context.reasonLength == 11 && context.address.isInRange(ip("10.0.0.0/8"))'))).toBe(true)
    expect(may(given('context has authAgeSeconds'))).toBe(false)
  })

  test('never to a job of a pipeline', () => {
    const workload = { provider: 'github', pipelines: ['deploy'], claims: {} }
    expect(may(NAMED, caller('kim', ['security'], { flow: 'workload', workload }))).toBe(false)
  })

  test('and refused in the words of the forbid; those who may are named', () => {
    const text = `${NAMED}
@id("freeze") @why("Call the desk.") forbid(principal, action == Action::"administer", resource);`
    expect(policy(text).mayAdminister(kim, all)).toEqual({
      allowed: false,
      policies: ['freeze'],
      why: ['Call the desk.'],
    })
    expect(policy(NAMED).mayAdminister(kim, all)).toMatchObject({ policies: ['stop'] })
    expect(policy(NAMED).administrators).toEqual(['security'])
    expect(policy('@id("a") permit(principal, action, resource);').administrators).toEqual([])
  })
})

describe('what is wrong in a policy about the kill switch is found at the start', () => {
  test.each<[string, string, RegExp]>([
    ['a label', 'action == Action::"administer", resource) when { resource.labels.contains("x") }', /labels/],
    ['a duration', 'action == Action::"administer", resource) when { context.durationSeconds < 5 }', /durationSeconds/],
    [
      'a misspelt scope',
      'action == Action::"administer", resource) when { context.scop == "all" }',
      /did you mean `scope`/,
    ],
    ['a misspelt action', 'action == Action::"administrate", resource)', /administrate/],
    ['a target', 'action == Action::"administer", resource == Target::"prod-db")', /never apply|Endpoint/],
    [
      'another endpoint',
      'action == Action::"administer", resource == Endpoint::"jti")',
      /the endpoint is Endpoint::"jit"/,
    ],
    ['a scope in a request', 'action == Action::"request", resource) when { context.scope == "all" }', /scope/],
  ])('%s', (_, rest, message) => {
    expect(faults(`@id("a") permit(principal, ${rest};`).join('\n')).toMatch(message)
  })

  test('an annotation that means nothing there', () => {
    expect(faults(`@quorum("2") ${NAMED}`)).toEqual([
      'p.cedar:1: policy "stop": @quorum belongs on a policy for request.',
    ])
  })

  test('and nothing that was right before there was one', () => {
    const old = `
@id("all") permit(principal, action, resource);
@id("labels") forbid(principal, action, resource) when { resource.labels.contains("x") && context.durationSeconds > 5 };
@id("ticket") forbid(principal, action, resource) unless { context has ticket };`
    expect(faults(old)).toEqual([])
    expect(policy(old).mayAdminister(kim, all).allowed).toBe(false)
  })

  test('a policy about it is no policy without a target', () => {
    expect(findGaps(readRules([{ path: 'p.cedar', text: NAMED }], []), [], 'c.yaml')).toEqual([])
  })
})
