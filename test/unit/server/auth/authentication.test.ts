import { describe, expect, test } from 'vitest'
import { systemRandom } from '../../../../src/platform/random.ts'
import { makeAuthentication } from '../../../../src/server/auth/authentication.ts'
import { makeNonces } from '../../../../src/server/auth/nonces.ts'
import { seenInMemory } from '../../../../src/server/auth/seen-in-memory.ts'
import { Refusal } from '../../../../src/server/refusal.ts'
import { dpopKey, proof } from '../../../support/dpop.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const ENDPOINT = 'https://jit.corp.example/base'

async function setUp() {
  const clock = manualClock()
  const key = await dpopKey()
  const nonces = makeNonces(clock, systemRandom)
  const person = { issuer: 'i', subject: 'alice', name: 'Alice' }
  const login = { person, groups: [], flow: 'browser' as const, amr: [] }
  const authentication = makeAuthentication({
    endpoint: ENDPOINT,
    tokens: {
      readAccessToken: async (token) => {
        if (token !== 'good.access.token') throw new Refusal('invalid_token', 'no')
        return { ...login, jkt: key.jkt }
      },
    },
    verifyIdToken: async () => login,
    nonces,
    proofs: seenInMemory(clock),
    clock,
  })
  const fresh = () => ({ method: 'GET', url: `${ENDPOINT}/v1/me`, iat: clock.now() / 1000, nonce: nonces.issue() })
  const call = {
    method: 'GET',
    path: '/v1/me',
    authorization: 'DPoP good.access.token',
    dpop: undefined,
    address: '192.0.2.1',
  }
  const accessToken = 'good.access.token'
  return { clock, key, authentication, fresh, call, accessToken, login }
}

describe('a call', () => {
  test('is proved by access token and proof together', async () => {
    const { authentication, call, key, fresh, accessToken, login } = await setUp()
    const dpop = await proof(key, { ...fresh(), accessToken })
    expect(await authentication.caller({ ...call, dpop })).toEqual({ ...login, jkt: key.jkt, address: '192.0.2.1' })
  })

  test('is refused the second time with the same proof', async () => {
    const { authentication, call, key, fresh, accessToken } = await setUp()
    const dpop = await proof(key, { ...fresh(), accessToken })
    await authentication.caller({ ...call, dpop })
    await expect(authentication.caller({ ...call, dpop })).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
  })

  test('is refused with the proof of another key than the token is bound to', async () => {
    const { authentication, call, fresh, accessToken } = await setUp()
    const dpop = await proof(await dpopKey(), { ...fresh(), accessToken })
    await expect(authentication.caller({ ...call, dpop })).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test.each([undefined, '', 'Bearer good.access.token', 'DPoP', 'DPoP a b', 'DPoP bad.access.token'])(
    'is refused with Authorization: %s',
    async (authorization) => {
      const { authentication, call, key, fresh, accessToken } = await setUp()
      const dpop = await proof(key, { ...fresh(), accessToken })
      await expect(authentication.caller({ ...call, authorization, dpop })).rejects.toMatchObject({
        code: 'invalid_token',
      })
    },
  )
})

describe('a login', () => {
  test('is for the key of its proof', async () => {
    const { authentication, call, key, fresh, login } = await setUp()
    const dpop = await proof(key, fresh())
    expect(await authentication.login({ ...call, dpop }, 'id token')).toEqual({
      ...login,
      jkt: key.jkt,
      address: '192.0.2.1',
    })
  })

  test('is refused with a proof that was made for an access token', async () => {
    const { authentication, call, key, fresh, accessToken } = await setUp()
    const dpop = await proof(key, { ...fresh(), accessToken })
    await expect(authentication.login({ ...call, dpop }, 'id token')).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    })
  })
})

test('what was seen in memory is forgotten when its time is up', async () => {
  const clock = manualClock()
  const seen = seenInMemory(clock)
  expect(await seen.claim('a', clock.now() + 10)).toBe(true)
  expect(await seen.claim('a', clock.now() + 10)).toBe(false)
  expect(await seen.has('a')).toBe(true)
  clock.advance(10)
  expect(await seen.has('a')).toBe(false)
  expect(await seen.claim('a', clock.now() + 10)).toBe(true)
})
