import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sliceEnd } from '../../../../src/server/exchange/slice.ts'
import { issueFor } from '../../../support/aws-grant.ts'

const NOW = Date.parse('2026-11-21T12:00:00.400Z')

test.each([
  [120, 3600, '2026-11-21T12:02:00Z'],
  [3600, 3600, '2026-11-21T13:00:00Z'],
  [4 * 3600, 3600, '2026-11-21T13:00:00Z'],
  [4 * 3600, 900, '2026-11-21T12:15:00Z'],
])('a grant of %i s in slices of %i s is given until %s, in whole seconds', (seconds, every, end) => {
  expect(sliceEnd(issueFor(seconds, NOW), every)).toBe(end)
})

test('no slice outlives its grant or its length, and none that is given has ended', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 900, max: 3600 }), (seconds, every) => {
      const issue = issueFor(seconds, NOW)
      const end = Date.parse(sliceEnd(issue, every))
      expect(end).toBeGreaterThan(NOW)
      expect(end).toBeLessThanOrEqual(Math.min(Date.parse(issue.grant.endsAt), NOW + every * 1000))
    }),
  )
})

test.each([0, 0.3, -10])('a grant with %d s left is over', (seconds) => {
  expect(() => sliceEnd(issueFor(seconds, NOW), 900)).toThrow(expect.objectContaining({ code: 'grant_ended' }))
})
