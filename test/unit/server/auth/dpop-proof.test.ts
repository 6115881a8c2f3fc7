import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemRandom } from '../../../../src/platform/random.ts'
import { recent } from '../../../../src/base/recent.ts'
import { type ProofKey, verifyProof } from '../../../../src/server/auth/dpop-proof.ts'
import { makeNonces, NONCE_WINDOW_MS } from '../../../../src/server/auth/nonces.ts'
import { type DpopKey, dpopKey, type ProofOptions, proof } from '../../../support/dpop.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const URL_ = 'https://jit.corp.example/v1/requests/r_1/approve'
const TOKEN = 'the.access.token'
const clock = manualClock()
const nonces = makeNonces(clock, systemRandom)
const proofKeys = recent<ProofKey>(8)
const expected = { method: 'POST', url: URL_, accessToken: TOKEN }
let key: DpopKey
beforeAll(async () => {
  key = await dpopKey()
})

const seconds = (): number => Math.floor(clock.now() / 1000)
const good = (): ProofOptions => ({
  method: 'POST',
  url: URL_,
  iat: seconds(),
  accessToken: TOKEN,
  nonce: nonces.issue(),
})
const verify = (dpop: string | undefined) => verifyProof(dpop, expected, { nonces, clock, proofKeys })

describe('a DPoP proof', () => {
  test('names the thumbprint of its key', async () => {
    expect(await verify(await proof(key, good()))).toEqual({ jkt: key.jkt, replayId: expect.any(String) })
  })

  test('is known again by its jti and its key together', async () => {
    const claims = { jti: 'same-jti' }
    const first = await verify(await proof(key, { ...good(), claims }))
    const again = await verify(await proof(key, { ...good(), claims }))
    const others = await verify(await proof(await dpopKey(), { ...good(), claims }))
    expect(again.replayId).toBe(first.replayId)
    expect(others.replayId).not.toBe(first.replayId)
  })

  test.each([
    ['query and fragment', `${URL_}?wait=5#x`],
    ['case of scheme and host, default port', 'HTTPS://JIT.corp.example:443/v1/requests/r_1/approve'],
  ])('may differ from the URL in %s', async (_, url) => {
    expect(await verify(await proof(key, { ...good(), url }))).toMatchObject({ jkt: key.jkt })
  })

  const spoiled: Record<string, Partial<ProofOptions>> = {
    'another method': { method: 'GET' },
    'another path': { url: 'https://jit.corp.example/v1/requests/r_2/approve' },
    'another host, as a forged Host header would ask for': { url: 'https://evil.example/v1/requests/r_1/approve' },
    'another scheme': { url: URL_.replace('https', 'http') },
    'another port': { url: URL_.replace('.example', '.example:8443') },
    'user info in the URL': { url: URL_.replace('//', '//me@') },
    'no URL': { url: '/v1/requests/r_1/approve' },
    'another access token': { accessToken: 'another.access.token' },
    'no jti': { claims: { jti: undefined } },
    'an empty jti': { claims: { jti: '' } },
    'a jti that is no string': { claims: { jti: 7 } },
    'no iat': { claims: { iat: undefined } },
    'made 61 s ago': { iat: seconds() - 61 },
    'made in 61 s': { iat: seconds() + 61 },
    'expired by its own exp': { claims: { exp: seconds() - 1 } },
    'another typ': { header: { typ: 'JWT' } },
    'no typ': { header: { typ: undefined } },
    'no key': { header: { jwk: undefined } },
    'a critical extension': { header: { crit: ['x'], x: 1 } },
  }
  test.each(Object.entries(spoiled))('is refused: %s', async (_, change) => {
    await expect(verify(await proof(key, { ...good(), ...change }))).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    })
  })

  test('is refused without ath where the call brings an access token', async () => {
    const { accessToken: _, ...rest } = good()
    await expect(verify(await proof(key, rest))).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
  })

  test('is refused with the private key in its header', async () => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const own = { privateKey: pair.privateKey, jwk: await exportJWK(pair.privateKey), jkt: '' }
    await expect(verify(await proof(own, good()))).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
  })

  test('is refused when another key than the one in its header signed it', async () => {
    const other = await dpopKey()
    await expect(verify(await proof({ ...key, jwk: other.jwk }, good()))).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    })
    await verify(await proof(other, good())) // a key that is known by now
    await expect(verify(await proof({ ...key, jwk: other.jwk }, good()))).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    })
  })

  test.each(['RS256', 'ES384', 'EdDSA', 'PS256'])('is refused when signed with %s', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg)
    const dpop = await new SignJWT({ jti: 'some-jti', htm: 'POST', htu: URL_, iat: seconds(), nonce: nonces.issue() })
      .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: await exportJWK(publicKey) })
      .sign(privateKey)
    await expect(verify(dpop)).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
  })

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['nonsense', 'nonsense'],
    ['an endless one', 'a'.repeat(5000)],
  ])('is refused: %s', async (_, dpop) => {
    await expect(verify(dpop)).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
  })

  test('is refused when there are two', async () => {
    const two = `${await proof(key, good())}, ${await proof(key, good())}`
    await expect(verify(two)).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
  })

  test('that a wrong clock made says by how much', async () => {
    await expect(verify(await proof(key, { ...good(), iat: seconds() - 300 }))).rejects.toMatchObject({
      message: 'The DPoP proof was made 300 s before the time of this endpoint.',
      hint: "Set this machine's clock.",
    })
  })
})

describe('server nonces', () => {
  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['one of another process', makeNonces(clock, systemRandom).issue()],
    ['a guess', '0.0'],
  ])('a proof with %s is asked to try again', async (_, nonce) => {
    await expect(verify(await proof(key, { ...good(), claims: { nonce } }))).rejects.toMatchObject({
      code: 'use_dpop_nonce',
    })
  })

  test('last for one window and the next', () => {
    const later = manualClock(NONCE_WINDOW_MS * 1000)
    const own = makeNonces(later, systemRandom)
    const nonce = own.issue()
    later.advance(2 * NONCE_WINDOW_MS - 1)
    expect(own.accepts(nonce)).toBe(true)
    later.advance(1)
    expect(own.accepts(nonce)).toBe(false)
  })

  test('of the future are no good', () => {
    const later = manualClock()
    const own = makeNonces(later, systemRandom)
    later.advance(NONCE_WINDOW_MS)
    const ahead = own.issue()
    later.advance(-NONCE_WINDOW_MS)
    expect(own.accepts(ahead)).toBe(false)
  })
})
