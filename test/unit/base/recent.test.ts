import { expect, test } from 'vitest'
import { recent } from '../../../src/base/recent.ts'

test('the oldest makes room for the newest, and no more than that', () => {
  const values = recent<number>(2)
  values.set('a', 1)
  values.set('b', 2)
  values.set('a', 3)
  values.set('c', 4)
  expect(['a', 'b', 'c'].map((key) => values.get(key))).toEqual([undefined, 2, 4])
})
