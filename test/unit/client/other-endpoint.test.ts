import { describe, expect, test } from 'vitest'
import { refuseOtherEndpoint } from '../../../src/client/login.ts'

const ACTUAL = 'https://jit.corp.example'

describe('JIT_ENDPOINT_URL beside a login', () => {
  test.each([undefined, '', ACTUAL, `${ACTUAL}/`, 'jit.corp.example'])('%s is that of the login', (wanted) => {
    expect(() => refuseOtherEndpoint(wanted, ACTUAL)).not.toThrow()
  })

  test('another one needs another login', () => {
    expect(() => refuseOtherEndpoint('https://jit.other.example', ACTUAL)).toThrow(
      expect.objectContaining({ code: 'LOGIN_NEEDED', hint: 'Type: jit login https://jit.other.example' }),
    )
  })

  test.each(['nonsense', 'https://x y', 'ftp://jit.corp.example', 'https://me@jit.corp.example'])(
    '%s is called what it is, and nobody is told to log in there',
    (wanted) => {
      expect(() => refuseOtherEndpoint(wanted, ACTUAL)).toThrow(
        expect.objectContaining({
          code: 'CONFIG',
          message: `JIT_ENDPOINT_URL is ${JSON.stringify(wanted)}, which is no URL of an approval endpoint.`,
          hint: `Set it to one such as ${ACTUAL}, or unset it.`,
        }),
      )
    },
  )
})
