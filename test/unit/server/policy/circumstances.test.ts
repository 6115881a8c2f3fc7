import { checkParseContext, isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { circumstances, plainAddress, targetEntity, callerEntity } from '../../../../src/server/policy/circumstances.ts'
import { personId } from '../../../../src/server/policy/person-id.ts'
import { POLICY_SCHEMA } from '../../../../src/server/policy/schema.ts'
import { everywhere } from '../../../support/cloud-targets.ts'
import { caller, facts, SATURDAY_NIGHT, target } from '../../../support/policy.ts'

describe('the context of a decision', () => {
  test('has the time in UTC, with Monday as day 1', () => {
    expect(circumstances(caller('ana'), facts(60))).toMatchObject({ hour: 23, minuteOfDay: 1410, weekday: 6 })
    const sunday = facts(60, { nowMs: SATURDAY_NIGHT + 86_400_000 })
    expect(circumstances(caller('ana'), sunday)['weekday']).toBe(7)
  })

  test('counts the age of the login, and forgets one from the future', () => {
    const loggedIn = (secondsAgo: number) =>
      circumstances(caller('ana', [], { authTime: SATURDAY_NIGHT / 1000 - secondsAgo }), facts(60))['authAgeSeconds']
    expect([loggedIn(90), loggedIn(0), loggedIn(-30), loggedIn(-61)]).toEqual([90, 0, 0, undefined])
  })

  test('and its entities are what the schema says', () => {
    const ana = caller('ana', ['dba', 'other'], { acr: 'gold', authTime: 1 })
    const context = circumstances(ana, facts(60, { ticket: 'OPS-1', reason: 'naïve 🙂' }))
    expect(context['reasonLength']).toBe(7)
    const user = callerEntity(ana, new Set(['dba']))
    expect(user.parents).toEqual([{ type: 'Group', id: 'dba' }])
    for (const action of ['request', 'autoApprove', 'approve']) {
      const requester = action === 'approve' ? { requester: { issuer: 'i', subject: 's' } } : {}
      const answer = isAuthorized({
        principal: user.uid,
        action: { type: 'Action', id: action },
        resource: { type: 'Target', id: 'prod-db' },
        context: { ...context, ...requester },
        schema: POLICY_SCHEMA,
        validateRequest: true,
        policies: { staticPolicies: 'permit(principal, action, resource);' },
        entities: [user, targetEntity(target())],
      })
      expect(answer).toMatchObject({ type: 'success', response: { decision: 'allow' } })
    }
  })

  test('is readable for any caller', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    fc.assert(
      fc.property(text, fc.array(text), text, fc.integer({ min: 0, max: 2 ** 42 }), (acr, amr, reason, nowMs) => {
        const context = circumstances(
          caller('ana', [], { acr, amr, authTime: nowMs / 1000 }),
          facts(60, { reason, nowMs, ticket: acr }),
        )
        expect(checkParseContext({ context })).toEqual({ type: 'success' })
      }),
    )
  })
})

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::FFFF:0a01:0203', '10.1.2.3'],
  ['0:0:0:0:0:ffff:10.1.2.3', '10.1.2.3'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['nonsense', 'nonsense'],
])('address %s counts as %s', (written, plain) => {
  expect(plainAddress(written)).toBe(plain)
})

test('policies know every cloud that a target opens', () => {
  expect(targetEntity(everywhere()).attrs).toMatchObject({ clouds: ['aws', 'gcp', 'azure', 'kubernetes'] })
  const { aws: _, azure: __, ...some } = everywhere()
  expect(targetEntity(some).attrs).toMatchObject({ clouds: ['gcp', 'kubernetes'] })
})

test('two people never share an id', () => {
  const part = fc.string({ unit: fc.constantFrom('a', '/', '#', '|', ':'), maxLength: 6 })
  const person = fc.record({ issuer: part.map((text) => `https://${text.replaceAll('#', '')}`), subject: part })
  fc.assert(
    fc.property(person, person, (one, other) => {
      const same = one.issuer === other.issuer && one.subject === other.subject
      expect(personId(one) === personId(other)).toBe(same)
    }),
  )
  expect(() => personId({ issuer: 'https://a#b', subject: 'c' })).toThrow(/fragment/)
})
