import { expect, test } from 'vitest'
import { nearest } from '../../../src/base/nearest.ts'

test.each([
  ['prod-bd', 'prod-db'],
  ['PROD-DB', 'prod-db'],
  ['log', 'logs'],
  ['payments', undefined],
  ['x', undefined],
])('the name meant by %j is %j', (typed, wanted) => {
  expect(nearest(typed, ['logs', 'prod-db', 'prod-web'])).toBe(wanted)
})
