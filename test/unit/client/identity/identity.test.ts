import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { newDpopKey, thumbprint } from '../../../../src/client/identity/dpop.ts'
import { type IdentityDeps, openIdentity } from '../../../../src/client/identity/identity.ts'
import { loginStore } from '../../../../src/client/identity/store.ts'
import type { WithLock } from '../../../../src/client/identity/types.ts'
import { systemClock } from '../../../../src/platform/clock.ts'
import { nodeHttp } from '../../../../src/platform/http-node.ts'
import { systemRandom } from '../../../../src/platform/random.ts'
import { loginWorlds } from '../../../support/login-world.ts'

const { world } = loginWorlds()

/** One holder at a time, first come first served, like the real lock between processes. */
function oneAtATime(): WithLock {
  let last: Promise<unknown> = Promise.resolve()
  return (_name, work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}

/** Somebody logged in a while ago; `process()` opens that login as another process of the same machine would. */
async function loggedIn(options: Parameters<typeof world>[0] = {}) {
  const made = await world({ ...options, endpoint: { accessTokenSeconds: 600, ...options.endpoint } })
  await made.run('device')
  const withLock = oneAtATime()
  let ahead = 0
  const clock = { ...systemClock, now: () => Date.now() + ahead }
  const process = () => {
    const { keyStore, stateDirectory } = made
    const store = loginStore({ stateDirectory, keyStore, random: systemRandom })
    const deps: IdentityDeps = { http: nodeHttp, clock, random: systemRandom, platform: 'linux', store, withLock }
    return openIdentity(deps)
  }
  const refreshes = () => made.idp.calls.filter((call) => call === 'POST /token').length - 1
  /** Spoils the life of the stored token, as time would. */
  const outlive = async () => {
    const login = await made.store.load()
    if (login !== undefined) await made.store.update({ ...login, accessTokenExpiresAt: Date.now() + 20_000 })
  }
  return { ...made, process, refreshes, outlive, goAhead: (ms: number) => void (ahead = ms) }
}

describe('an access token', () => {
  test('that lives is used without asking anybody', async () => {
    const { process, idp, endpoint } = await loggedIn()
    const before = [idp.calls.length, endpoint.seen.length]
    expect(await (await process()).accessToken({ renew: false })).toBe('at-1-alice')
    expect([idp.calls.length, endpoint.seen.length]).toEqual(before)
  })

  test('that ends within 30 s is renewed through the IdP, and the new one kept for the next process', async () => {
    const { process, refreshes, outlive, store } = await loggedIn()
    const old = await store.load()
    await outlive()
    expect(await (await process()).accessToken({ renew: false })).toBe('at-2-alice')
    expect(await (await process()).accessToken({ renew: false })).toBe('at-2-alice')
    expect(refreshes()).toBe(1)
    const kept = await store.load()
    expect(kept?.refreshToken).not.toBe(old?.refreshToken)
    expect(kept?.dpopKey).toEqual(old?.dpopKey)
  })

  test('is renewed once for 200 callers in 20 processes at the same time', async () => {
    const { process, refreshes, outlive } = await loggedIn()
    await outlive()
    const processes = await Promise.all(Array.from({ length: 20 }, process))
    const calls = Array.from({ length: 10 }, () => processes.map((one) => one.accessToken({ renew: false }))).flat()
    const tokens = await Promise.all(calls)
    expect(new Set(tokens)).toEqual(new Set(['at-2-alice']))
    expect(refreshes()).toBe(1)
  })

  test('is renewed on demand although it looks alive', async () => {
    const { process, refreshes } = await loggedIn()
    expect(await (await process()).accessToken({ renew: true })).toBe('at-2-alice')
    expect(refreshes()).toBe(1)
  })

  test('that another process renewed meanwhile is taken from there', async () => {
    const { process, refreshes } = await loggedIn()
    const [one, two] = [await process(), await process()]
    await one.accessToken({ renew: true })
    expect(await two.accessToken({ renew: true })).toBe('at-2-alice')
    expect(refreshes()).toBe(1)
  })
})

test('of another endpoint, where somebody has logged in meanwhile, is never shown to the first', async () => {
  const { process, store, outlive } = await loggedIn()
  await outlive()
  const identity = await process()
  const login = await store.load()
  if (login === undefined) throw new Error('nobody is logged in')
  const discovery = { ...login.discovery, endpoint: 'https://new.example' }
  await store.update({ ...login, discovery, accessToken: 'of-the-new', accessTokenExpiresAt: Date.now() + 600_000 })
  for (const renew of [false, true])
    await expect(identity.accessToken({ renew })).rejects.toMatchObject({
      code: 'LOGIN_NEEDED',
      message: 'Somebody has logged in at https://new.example meanwhile.',
    })
  expect(identity.endpoint).toBe(login.discovery.endpoint)
})

describe('a renewal', () => {
  test('that the IdP refuses asks for a login', async () => {
    const { process, store, idp } = await loggedIn()
    const login = await store.load()
    const form = { token: login?.refreshToken ?? '', client_id: idp.clients.device }
    await fetch(`${idp.issuer}/token/revocation`, { method: 'POST', body: new URLSearchParams(form) })
    await expect((await process()).accessToken({ renew: true })).rejects.toMatchObject({
      code: 'LOGIN_NEEDED',
      message: expect.stringMatching(/^The identity provider ended the login \(invalid_grant/),
      hint: 'Type: jit login',
    })
  })

  test('without an IdP says that it cannot be reached, and keeps the login', async () => {
    const { process, idp, store } = await loggedIn()
    await idp.close()
    await expect((await process()).accessToken({ renew: true })).rejects.toMatchObject({ code: 'IDP_UNREACHABLE' })
    expect(await store.load()).toMatchObject({ accessToken: 'at-1-alice' })
  })

  test('that the endpoint does not answer loses no rotated refresh token', async () => {
    const { process, endpoint, store } = await loggedIn()
    const old = await store.load()
    endpoint.route('POST /v1/sessions', () => ({ status: 503, text: 'down', headers: {} }))
    await expect((await process()).accessToken({ renew: true })).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    const kept = await store.load()
    expect(kept).toMatchObject({ accessToken: 'at-1-alice' })
    expect(kept?.refreshToken).not.toBe(old?.refreshToken)
  })

  test('where the IdP gave no refresh token asks for a login', async () => {
    const { process, outlive } = await loggedIn({ idp: { refreshTokens: false } })
    await outlive()
    await expect((await process()).accessToken({ renew: false })).rejects.toMatchObject({
      code: 'LOGIN_NEEDED',
      message: 'Your login has run out.',
    })
  })

  test('works at an IdP without DPoP too', async () => {
    const { process } = await loggedIn({ idp: { dpop: false } })
    expect(await (await process()).accessToken({ renew: true })).toBe('at-2-alice')
  })

  test('with a refresh token that was stolen is of no use without the key', async () => {
    const { store, idp } = await loggedIn()
    const login = await store.load()
    const form = {
      grant_type: 'refresh_token',
      client_id: idp.clients.device,
      refresh_token: login?.refreshToken ?? '',
    }
    const answer = await fetch(`${idp.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
  })
})

test('nobody logged in is an error that says what to type', async () => {
  const { process, store } = await loggedIn()
  await store.delete()
  await expect(process()).rejects.toMatchObject({ code: 'LOGIN_NEEDED', message: 'You are not logged in.' })
})

describe('a proof', () => {
  const call = { method: 'POST', url: 'https://jit.corp.example/v1/requests?wait=3#x' }

  test('names call, token, nonce and key as RFC 9449 §4.2 wants it', async () => {
    const { process, store, goAhead } = await loggedIn()
    const login = await store.load()
    goAhead(120_000)
    const identity = await process()
    const proof = await identity.proof({ ...call, accessToken: 'abc', nonce: 'n-1', clockOffsetMs: 120_000 })
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] })
    expect(payload).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/),
      htm: 'POST',
      htu: 'https://jit.corp.example/v1/requests',
      iat: expect.any(Number),
      ath: 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
      nonce: 'n-1',
    })
    expect(Math.abs((payload.iat ?? 0) - Date.now() / 1000)).toBeLessThan(30)
    expect(protectedHeader.jwk).toEqual({ kty: 'EC', crv: 'P-256', x: login?.dpopKey.x, y: login?.dpopKey.y })
    expect(await identity.proof(call)).not.toBe(await identity.proof(call))
  })

  test('key has the thumbprint of RFC 7638', async () => {
    const key = newDpopKey()
    expect(thumbprint(key)).toBe(await calculateJwkThumbprint(key))
  })
})
