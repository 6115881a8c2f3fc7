import { assert, property, record, string, stringMatching } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sessionName } from '../../../../src/server/exchange/session-name.ts'

const GRANT = 'g_01hzy3v8k2m4n6p8q0r2s4t6v8'

describe('a session name', () => {
  test.each([
    [{ name: 'Alice', email: 'alice@corp.example' }, `alice@corp.example-${GRANT}`],
    [{ name: 'José Núñez' }, `Jose-Nunez-${GRANT}`],
    [{ name: 'x', email: `${'a'.repeat(34)}.b@corp.example` }, `${'a'.repeat(34)}-${GRANT}`],
    [{ name: 'Ωμέγα' }, `user-${GRANT}`],
    [{ name: '' }, `user-${GRANT}`],
  ])('of %j names person and grant', (person, expected) => {
    expect(sessionName(person, GRANT)).toBe(expected)
  })

  test('is one that STS takes and ends with the whole grant, whoever asks', () => {
    const people = record({ name: string({ unit: 'binary' }) }, { requiredKeys: ['name'] })
    const grants = stringMatching(/^g_[0-9a-hjkmnp-tv-z]{26}$/)
    assert(
      property(people, grants, (person, grant) => {
        const name = sessionName(person, grant)
        expect(name).toMatch(/^[\w+=,.@-]{2,64}$/)
        expect(name.endsWith(`-${grant}`)).toBe(true)
      }),
    )
  })

  test('refuses a grant id that would have to be cut', () => {
    expect(() => sessionName({ name: 'Alice' }, 'g'.repeat(49))).toThrow(RangeError)
  })
})
