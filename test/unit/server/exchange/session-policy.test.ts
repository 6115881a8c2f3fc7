import { describe, expect, test } from 'vitest'
import type { SessionStatement } from '../../../../src/server/config/types.ts'
import { CHAIN_OUT_ACTIONS, sessionPolicy } from '../../../../src/server/exchange/session-policy.ts'

const END = '2026-11-21T23:30:00Z'
const FENCE = {
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': END } },
}
const WAYS_OUT = { Effect: 'Deny', Action: CHAIN_OUT_ACTIONS, Resource: '*' }
const READ = { Effect: 'Allow', Action: 's3:Get*', Resource: '*' }
const policyOf = (...own: readonly SessionStatement[]): unknown =>
  JSON.parse(sessionPolicy(own.length === 0 ? {} : { sessionPolicy: own }, END, 'prod-db'))

describe('a session policy', () => {
  test('allows all that the role does until the grant ends, but no way out', () => {
    const all = { Effect: 'Allow', Action: '*', Resource: '*' }
    expect(policyOf()).toEqual({ Version: '2012-10-17', Statement: [all, FENCE, WAYS_OUT] })
  })

  test("has the target's own statements instead", () => {
    const list = { ...READ, Action: 's3:ListBucket' }
    expect(policyOf(READ, list)).toEqual({ Version: '2012-10-17', Statement: [READ, list, FENCE, WAYS_OUT] })
  })

  test('leaves at least 1,200 characters to the target', () => {
    expect(sessionPolicy({}, END, 'prod-db').length).toBeLessThanOrEqual(848)
  })

  test('is refused, with its length, where AWS would not take it', () => {
    const own = { ...READ, Resource: 'r'.repeat(2048) }
    expect(() => policyOf(own)).toThrow(
      expect.objectContaining({
        code: 'cloud_refused',
        message: expect.stringMatching(/prod-db is 2\d{3} characters long with its time fence; AWS takes 2048/),
        hint: expect.stringContaining('sessionPolicy'),
      }),
    )
    expect(() => policyOf({ ...READ, Sid: 'Ā' })).toThrow(expect.objectContaining({ code: 'cloud_refused' }))
  })
})
