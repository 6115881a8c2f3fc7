import { expect, test } from 'vitest'
import { noticeFlaw } from '../../../src/cli/notice-time.ts'
import { tempDirectory } from '../../support/temp-directory.ts'

test('a notice that will never come is said, and why', () => {
  const directory = tempDirectory()
  try {
    expect(noticeFlaw({ JIT_NOTICE: 'bogus' }, directory.path)).toBe(
      'JIT_NOTICE: "bogus" is no duration: write 90m, 1h30m or PT1H30M. No notice will be shown. Write a duration such as 10m, or off.',
    )
    for (const JIT_NOTICE of ['10m', 'off', '0', '']) expect(noticeFlaw({ JIT_NOTICE }, directory.path)).toBeUndefined()
  } finally {
    directory.remove()
  }
})
