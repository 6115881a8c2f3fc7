import { describe, expect, test } from 'vitest'
import { type Context, checkCondition, holds } from '../../../simulators/aws/conditions.ts'

const context: Context = new Map([
  ['one', ['Alice']],
  ['time', ['2026-11-21T12:00:00Z']],
  ['number', ['7']],
  ['many', ['a', 'b']],
])
const known = (key: string) => (key === 'many' ? ('many' as const) : ('one' as const))

/** By the tables of the IAM user guide, "Condition operators" and "Set operators". */
describe('a condition', () => {
  test.each<[operator: string, key: string, values: string[], result: boolean]>([
    ['StringEquals', 'one', ['Bob', 'Alice'], true],
    ['StringEquals', 'ONE', ['alice'], false],
    ['StringEqualsIgnoreCase', 'one', ['alice'], true],
    ['StringNotEquals', 'one', ['Bob', 'Alice'], false],
    ['StringNotEquals', 'one', ['Bob', 'Carol'], true],
    ['StringNotEqualsIgnoreCase', 'one', ['alice'], false],
    ['StringLike', 'one', ['A*'], true],
    ['StringLike', 'one', ['A?'], false],
    ['StringLike', 'one', ['A.ice'], false],
    ['StringNotLike', 'one', ['A*'], false],
    ['StringEquals', 'absent', ['Alice'], false],
    ['StringNotEquals', 'absent', ['Alice'], true],
    ['StringEqualsIfExists', 'absent', ['Alice'], true],
    ['Null', 'absent', ['true'], true],
    ['Null', 'one', ['true'], false],
    ['Null', 'one', ['false'], true],
    ['DateLessThan', 'time', ['2026-11-21T12:00:00Z'], false],
    ['DateLessThanEquals', 'time', ['2026-11-21T12:00:00Z'], true],
    ['DateGreaterThan', 'time', ['2026-11-21T12:00:00Z'], false],
    ['DateGreaterThanEquals', 'time', ['2026-11-21T12:00:00Z'], true],
    ['DateGreaterThanEquals', 'time', ['2026-11-21T12:00:01Z'], false],
    ['DateEquals', 'time', ['1795262400'], true],
    ['DateGreaterThanEquals', 'absent', ['2020-01-01T00:00:00Z'], false],
    ['NumericLessThan', 'number', ['10'], true],
    ['NumericGreaterThanEquals', 'number', ['7.0'], true],
    ['ForAnyValue:StringEquals', 'many', ['b', 'c'], true],
    ['ForAnyValue:StringEquals', 'many', ['c'], false],
    ['ForAnyValue:StringEquals', 'absent', ['c'], false],
    ['ForAllValues:StringEquals', 'many', ['a', 'b', 'c'], true],
    ['ForAllValues:StringEquals', 'many', ['a', 'c'], false],
    ['ForAllValues:StringEquals', 'absent', ['a'], true],
  ])('%s on %s with %j is %j', (operator, key, values, result) => {
    checkCondition(operator, key, values, known)
    expect(holds({ operator, key, values }, context)).toBe(result)
  })
})
