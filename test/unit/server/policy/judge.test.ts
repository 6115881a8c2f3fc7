import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import type { Policy } from '../../../../src/server/policy/types.ts'
import { caller, facts, ISSUER, target } from '../../../support/policy.ts'

const prod = target('prod-db')
const policyOf = (text: string, targets = [prod]): Policy => loadPolicy({ files: [{ path: 'p.cedar', text }], targets })

const ask = (id: string, group: string, annotations = '', when = '') =>
  `@id("${id}") ${annotations} permit(principal in Group::"${group}", action == Action::"request", resource) ${when};`
const auto = (id: string, group: string, annotations = '', when = '') =>
  `@id("${id}") ${annotations} permit(principal in Group::"${group}", action == Action::"autoApprove", resource) ${when};`
const approve = (id: string, head: string, when = '') =>
  `@id("${id}") permit(${head}, action == Action::"approve", resource) ${when};`
const BY_SRE = approve('by-sre', 'principal in Group::"sre"')
const user = (subject: string) => `principal == User::"${ISSUER}#${subject}"`
const overflow = 'when { context.durationSeconds * 9223372036854775807 > 1 }'

describe('a request', () => {
  test('is refused where no policy speaks', () => {
    expect(policyOf('').judge(caller('ana', ['dba']), prod, facts(60))).toEqual({
      approval: { kind: 'refused', why: 'No policy permits you to request prod-db.' },
      maxDurationSeconds: 0,
      policies: [],
      hidden: true,
    })
  })

  test('that a forbid matches shows the target only to those whom a permit covers', () => {
    const policy = policyOf(`${ask('a', 'dba')} @id("no") forbid(principal, action, resource);`)
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60))).not.toHaveProperty('hidden')
    expect(policy.judge(caller('bea', ['web']), prod, facts(60))).toMatchObject({ hidden: true, policies: ['no'] })
  })

  test('that several policies permit takes the highest quorum, the longest duration and the strictest delivery, in any order', () => {
    const parts = [
      ask('a', 'dba', '@quorum("1") @maxDuration("2h") @deliver("files")'),
      ask('b', 'dba', '@quorum("3") @maxDuration("1h") @deliver("process")'),
      ask('c', 'dba', '@quorum("2") @maxDuration("30m") @deliver("isolated")'),
      BY_SRE,
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 4 }), (shuffled) => {
        expect(policyOf(shuffled.join('\n')).judge(caller('ana', ['dba']), prod, facts(7200))).toEqual({
          approval: { kind: 'people', approvers: ['sre'], quorum: 3 },
          maxDurationSeconds: 7200,
          deliver: 'process',
          policies: ['a', 'b', 'c'],
        })
      }),
      { numRuns: 10 },
    )
  })

  test('is never longer than the target allows, whatever policies say', () => {
    const policy = policyOf(`${ask('a', 'dba', '@maxDuration("99h")')} ${auto('b', 'dba')}`)
    expect(policy.judge(caller('ana', ['dba']), prod, facts(8 * 3600))).toMatchObject({
      approval: { kind: 'automatic' },
    })
    expect(policy.judge(caller('ana', ['dba']), prod, facts(8 * 3600 + 1))).toMatchObject({
      approval: { kind: 'refused', why: 'The longest grant for prod-db is 8h.' },
      maxDurationSeconds: 8 * 3600,
    })
  })

  test('is forbidden by one policy though others permit it, and says which and why', () => {
    const policy = policyOf(
      `${ask('a', 'dba')} ${auto('b', 'dba')} @id("freeze") @why("Freeze until Monday.") forbid(principal, action == Action::"request", resource);`,
    )
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60))).toEqual({
      approval: { kind: 'refused', why: 'Policy freeze forbids prod-db. Freeze until Monday.' },
      maxDurationSeconds: 0,
      policies: ['freeze'],
    })
  })

  test('that policy does not approve and nobody may approve is refused at once', () => {
    expect(policyOf(ask('a', 'dba')).judge(caller('ana', ['dba']), prod, facts(60))).toMatchObject({
      approval: { kind: 'refused', why: 'prod-db needs an approval, and no policy lets anybody else approve it.' },
    })
  })

  test('cannot count on its own requester as the only approver', () => {
    const policy = policyOf(`${ask('a', 'dba')} ${approve('only-ana', user('ana'))}`)
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60)).approval.kind).toBe('refused')
    expect(policy.judge(caller('bob', ['dba']), prod, facts(60)).approval).toEqual({
      kind: 'people',
      approvers: ['ana'],
      quorum: 1,
    })
  })

  test('that needs more people than may approve it is refused at once', () => {
    const policy = policyOf(
      `${ask('a', 'dba', '@quorum("2")')} ${approve('x', user('bob'))} ${approve('y', user('bob'))}`,
    )
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60)).approval).toEqual({
      kind: 'refused',
      why: 'prod-db needs 2 approvals, and only bob may approve it.',
    })
  })

  test('is refused at once where every approve policy excludes it by duration, label or requester', () => {
    for (const when of [
      'when { context.durationSeconds <= 3600 }',
      'when { resource.labels.contains("env=dev") }',
      'unless { context.requester.subject == "ana" }',
      'when { context has ticket && context.ticket like "OPS-*" }',
    ]) {
      const policy = policyOf(`${ask('a', 'dba')} ${approve('x', 'principal', when)}`)
      expect([when, policy.judge(caller('ana', ['dba']), prod, facts(3601)).approval.kind]).toEqual([when, 'refused'])
    }
    const policy = policyOf(
      `${ask('a', 'dba')} ${BY_SRE} @id("no") forbid(principal, action == Action::"approve", resource);`,
    )
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60)).approval.kind).toBe('refused')
  })

  test('is approved by policy up to the limit of that policy, and by people beyond it', () => {
    const policy = policyOf(`${ask('a', 'dba')} ${auto('b', 'dba', '@maxDuration("1h")')} ${BY_SRE}`)
    expect(policy.judge(caller('ana', ['dba']), prod, facts(3600))).toEqual({
      approval: { kind: 'automatic' },
      maxDurationSeconds: 8 * 3600,
      policies: ['a', 'b'],
    })
    expect(policy.judge(caller('ana', ['dba']), prod, facts(3601)).approval.kind).toBe('people')
    const alone = policyOf(`${ask('a', 'dba')} ${auto('b', 'dba', '@maxDuration("1h")')}`)
    expect(alone.judge(caller('ana', ['dba']), prod, facts(3601))).toMatchObject({
      approval: { kind: 'refused', why: 'The longest grant for prod-db is 1h.' },
      maxDurationSeconds: 3600,
    })
  })

  test('is not approved by policy alone: somebody must be permitted to ask first', () => {
    expect(policyOf(auto('b', 'dba')).judge(caller('ana', ['dba']), prod, facts(60)).approval.kind).toBe('refused')
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('for %d seconds is refused', (seconds) => {
    const policy = policyOf(`${ask('a', 'dba')} ${auto('b', 'dba')}`)
    expect(policy.judge(caller('ana', ['dba']), prod, facts(seconds)).approval.kind).toBe('refused')
  })

  test('from an address that is none is refused, not judged without it', () => {
    const policy = policyOf(`${ask('a', 'dba')} ${auto('b', 'dba')}`)
    const verdict = policy.judge(caller('ana', ['dba'], { address: 'unknown' }), prod, facts(60))
    expect(verdict.approval).toMatchObject({ kind: 'refused', why: expect.stringContaining('could not be evaluated') })
  })

  test('gets no grant over any maximum, for any policies and any duration', () => {
    const limit = fc.option(fc.integer({ min: 1, max: 40 * 3600 }))
    const annotation = (seconds: number | null) => (seconds === null ? '' : `@maxDuration("${seconds}s")`)
    fc.assert(
      fc.property(
        fc.array(limit, { minLength: 1, maxLength: 3 }),
        fc.array(limit, { maxLength: 2 }),
        fc.boolean(),
        fc.integer({ min: -5, max: 50 * 3600 }),
        fc.integer({ min: 60, max: 30 * 3600 }),
        (asks, autos, people, seconds, maxDurationSeconds) => {
          const limited = target('prod-db', { maxDurationSeconds })
          const text = [
            ...asks.map((each, index) => ask(`r${index}`, 'dba', annotation(each))),
            ...autos.map((each, index) => auto(`a${index}`, 'dba', annotation(each))),
            ...(people ? [BY_SRE] : []),
          ].join('\n')
          const verdict = policyOf(text, [limited]).judge(caller('ana', ['dba']), limited, facts(seconds))
          const longestAsk = Math.min(maxDurationSeconds, Math.max(...asks.map((each) => each ?? maxDurationSeconds)))
          const longestAuto = Math.min(longestAsk, Math.max(0, ...autos.map((each) => each ?? maxDurationSeconds)))
          const bound = { automatic: longestAuto, people: longestAsk, refused: Number.POSITIVE_INFINITY }
          expect(seconds).toBeLessThanOrEqual(bound[verdict.approval.kind])
          expect(verdict.maxDurationSeconds).toBeLessThanOrEqual(longestAsk)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a policy that fails while it is evaluated', () => {
  test('forbids if it is a forbid, and is named', () => {
    const policy = policyOf(
      `${ask('a', 'dba')} ${auto('b', 'dba')} @id("boom") forbid(principal, action, resource) ${overflow};`,
    )
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60))).toMatchObject({
      approval: {
        kind: 'refused',
        why: expect.stringMatching(/^Policy boom could not be evaluated for prod-db: integer overflow/),
      },
      policies: ['boom'],
    })
  })

  test('permits nothing if it is a permit', () => {
    const policy = policyOf(`${ask('a', 'dba', '', overflow)} ${auto('b', 'dba')} ${BY_SRE}`)
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60))).toMatchObject({
      approval: { kind: 'refused' },
      policies: ['a'],
    })
    const half = policyOf(`${ask('a', 'dba')} ${auto('b', 'dba', '', overflow)} ${BY_SRE}`)
    expect(half.judge(caller('ana', ['dba']), prod, facts(60)).approval.kind).toBe('people')
  })

  test('still demands its quorum and delivery beside one that permits', () => {
    const policy = policyOf(
      `${ask('a', 'dba')} ${ask('b', 'dba', '@quorum("2") @deliver("process")', overflow)} ${BY_SRE}`,
    )
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60))).toMatchObject({
      approval: { kind: 'people', quorum: 2 },
      deliver: 'process',
    })
  })

  test('keeps an autoApprove from approving if it is a forbid', () => {
    const policy = policyOf(
      `${ask('a', 'dba')} ${auto('b', 'dba')} ${BY_SRE} @id("boom") forbid(principal, action == Action::"autoApprove", resource) ${overflow};`,
    )
    expect(policy.judge(caller('ana', ['dba']), prod, facts(60)).approval.kind).toBe('people')
  })
})

describe('an approver', () => {
  const requester = { issuer: ISSUER, subject: 'ana' }

  test('is let by an approve policy, and only then', () => {
    const policy = policyOf(BY_SRE)
    expect(policy.mayApprove(caller('sam', ['sre']), requester, prod, facts(60))).toEqual({
      allowed: true,
      policies: ['by-sre'],
    })
    expect(policy.mayApprove(caller('eve', ['dba']), requester, prod, facts(60))).toEqual({
      allowed: false,
      policies: [],
    })
  })

  test('is stopped by a forbid, and by one that fails', () => {
    const policy = policyOf(
      `${BY_SRE} @id("no") forbid(principal in Group::"x", action, resource); @id("boom") forbid(principal in Group::"y", action, resource) ${overflow};`,
    )
    expect(policy.mayApprove(caller('sam', ['sre', 'x']), requester, prod, facts(60))).toEqual({
      allowed: false,
      policies: ['no'],
    })
    expect(policy.mayApprove(caller('sam', ['sre', 'y']), requester, prod, facts(60))).toEqual({
      allowed: false,
      policies: ['boom'],
    })
  })

  test('sees whose request it is', () => {
    const policy = policyOf(
      approve('x', 'principal', 'when { context.requester.subject == "ana" && principal.subject != "bob" }'),
    )
    expect(policy.mayApprove(caller('sam'), requester, prod, facts(60)).allowed).toBe(true)
    expect(policy.mayApprove(caller('sam'), { ...requester, subject: 'eve' }, prod, facts(60)).allowed).toBe(false)
  })

  test('never approves his own request, under the most generous policy and whatever he calls himself', () => {
    const policy = policyOf('@id("all") permit(principal, action, resource);')
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(text, text, fc.array(fc.constantFrom('sre', 'admin'), { maxLength: 2 }), (subject, name, groups) => {
        const self = { ...caller(subject, groups), person: { issuer: ISSUER, subject, name } }
        expect(policy.mayApprove(self, { issuer: ISSUER, subject }, prod, facts(60)).allowed).toBe(false)
        expect(policy.mayApprove(self, { issuer: `${ISSUER}/2`, subject }, prod, facts(60)).allowed).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})
