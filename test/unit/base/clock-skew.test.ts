import { describe, expect, test } from 'vitest'
import { clockOffset, refuseSkew } from '../../../src/base/clock-skew.ts'

const NOW = Date.parse('2026-11-22T01:00:00Z')
const date = 'Sun, 22 Nov 2026 00:58:00 GMT'

describe('the offset of this clock', () => {
  test('is told by a fresh answer', () => {
    expect(clockOffset(new Headers({ date }), NOW)).toBe(120_000)
  })

  test.each([{}, { date: 'yesterday' }, { date, age: '60' }])('is not told by %j', (headers) => {
    expect(clockOffset(new Headers(headers), NOW)).toBeUndefined()
  })
})

describe('a clock', () => {
  test('that is five minutes off is used, one that is more is not', () => {
    refuseSkew(300_000, 'linux')
    refuseSkew(-300_000, 'linux')
    expect(() => refuseSkew(300_001, 'linux')).toThrow(expect.objectContaining({ code: 'CLOCK_SKEW' }))
    expect(() => refuseSkew(-300_001, 'linux')).toThrow(expect.objectContaining({ code: 'CLOCK_SKEW' }))
  })

  test.each<[NodeJS.Platform, string]>([
    ['linux', 'sudo timedatectl set-ntp true'],
    ['darwin', 'sudo sntp -sS time.apple.com'],
    ['win32', 'w32tm /resync'],
  ])('is set on %s with %s', (platform, command) => {
    expect(() => refuseSkew(3_600_000, platform)).toThrow(
      expect.objectContaining({ hint: `Set it, then try again: ${command}` }),
    )
  })
})
