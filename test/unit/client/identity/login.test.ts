import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { logout } from '../../../../src/client/identity/logout.ts'
import { approveInBrowser, denyInBrowser } from '../../../support/browser-robot.ts'
import type { IdpOptions } from '../../../support/idp.ts'
import type { instantClock } from '../../../support/instant-clock.ts'
import { loginWorlds, patient } from '../../../support/login-world.ts'

const { world } = loginWorlds()

describe('login by browser', () => {
  test('ends with a login of that person, sealed on disk, bound to a key of its own', async () => {
    const { run, store, deps, urls, stateDirectory, endpoint } = await world({})
    Object.assign(deps, patient(deps))
    const stored = await run('auto')
    expect(stored).toMatchObject({
      flow: 'browser',
      accessToken: 'at-1-alice',
      me: { person: { subject: 'alice', name: 'Alice Adams' }, groups: ['dev'], flow: 'browser' },
      refreshToken: expect.any(String),
    })
    expect(await store.load()).toEqual(stored)
    expect(urls).toEqual([expect.stringMatching(/^true http:.*[?&]request_uri=/)])
    const file = join(stateDirectory, 'login.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const secret of [stored.accessToken, stored.refreshToken ?? '', stored.dpopKey.d, 'alice'])
      expect(readFileSync(file, 'utf8')).not.toContain(secret)
    expect(endpoint.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /.well-known/jit-configuration',
      'POST /v1/sessions',
      'POST /v1/sessions',
    ])
  })

  test('again keeps the key, which grants belong to; after a logout, or where the login was spoilt, there is a new one', async () => {
    const { run, deps, stateDirectory } = await world({})
    Object.assign(deps, patient(deps))
    const { dpopKey } = await run('browser')
    const again = await run('browser')
    expect(again).toMatchObject({ accessToken: 'at-2-alice', dpopKey })
    writeFileSync(join(stateDirectory, 'login.json'), '{')
    const mended = await run('browser')
    expect(mended.dpopKey).not.toEqual(dpopKey)
    await logout(deps)
    expect((await run('browser')).dpopKey).not.toEqual(mended.dpopKey)
  })

  test('works at an IdP without pushed requests: everything but the verifier is in the URL', async () => {
    const { run, deps, urls } = await world({ idp: { pushedRequests: false, dpop: false } })
    Object.assign(deps, patient(deps))
    await run('browser')
    const query = new URL(urls[0]?.replace('true ', '') ?? '').searchParams
    expect(Object.fromEntries(query)).toEqual({
      client_id: 'jit-browser',
      response_type: 'code',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      scope: 'openid profile email groups offline_access',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{22}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
  })

  test('that the person denies says so, and keeps nothing', async () => {
    const { run, deps, store } = await world({ person: (url) => denyInBrowser(url, 'alice') })
    Object.assign(deps, patient(deps))
    await expect(run('browser')).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringMatching(/^The login was denied at 127\.0\.0\.1:\d+ \(access_denied: End-User aborted/),
    })
    expect(await store.load()).toBeUndefined()
  })

  test('takes no answer from another issuer (RFC 9207), nor one with another state', async () => {
    const person = async (url: string): Promise<void> => {
      const query = new URL(url).searchParams
      const [back, state] = [query.get('redirect_uri') ?? '', query.get('state') ?? '']
      expect((await fetch(`${back}?code=x&state=forged`)).status).toBe(400)
      expect((await fetch(`${back}?code=x`)).status).toBe(400)
      expect((await fetch(`${back}?code=x&state=${state}&iss=https://evil.example`)).status).toBe(200)
    }
    const { run, deps, idp } = await world({ idp: { pushedRequests: false }, person })
    Object.assign(deps, patient(deps))
    await expect(run('browser')).rejects.toBeInstanceOf(JitError)
    expect(idp.calls).not.toContain('POST /token')
  })

  test('gives up after five minutes, and when it is aborted', async () => {
    const { run, deps } = await world({ person: async () => undefined })
    await expect(run('browser')).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: 'Nobody finished the login in the browser within 5 minutes.',
    })
    expect((deps.clock as ReturnType<typeof instantClock>).slept).toEqual([300_000])
    ;(deps.clock as ReturnType<typeof instantClock>).set(Date.now())
    const abort = new AbortController()
    Object.assign(deps, patient(deps), {
      launch: async () => {
        setImmediate(() => abort.abort())
        return false
      },
    })
    await expect(run('browser', { signal: abort.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})

describe('login by device code', () => {
  test('is what a machine without a display does by itself', async () => {
    const { run, codes } = await world({ person: (url) => approveInBrowser(url, 'bob') })
    const stored = await run('auto', { env: { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22', DISPLAY: ':10' } })
    expect(stored).toMatchObject({ flow: 'device', accessToken: 'at-1-bob', me: { groups: ['dba'], flow: 'device' } })
    expect(codes).toHaveLength(1)
  })

  test('that the person denies, or lets expire, says so', async () => {
    const denied = await world({ person: (url) => denyInBrowser(url, 'bob') })
    await expect(denied.run('device')).rejects.toMatchObject({
      message: expect.stringMatching(/^The login was denied at/),
    })
    const late = await world({ idp: { deviceCodeSeconds: 3 }, person: async () => undefined })
    await expect(late.run('device')).rejects.toMatchObject({ message: 'Nobody finished the login within 3 seconds.' })
  })

  test('by somebody whom the IdP does not know ends in time', async () => {
    const { run } = await world({ idp: { deviceCodeSeconds: 5 }, person: (url) => approveInBrowser(url, 'mallory') })
    await expect(run('device')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
  })

  test('survives a proxy that answers with its own page for a while', async () => {
    let pages = 2
    const intercept: IdpOptions['intercept'] = (request, response) => {
      if (request.url !== '/token' || pages-- <= 0) return false
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in to Wi-Fi')
      return true
    }
    const { run } = await world({ idp: { intercept } })
    expect(await run('device')).toMatchObject({ accessToken: 'at-1-alice' })
  })

  test('that the endpoint does not allow names the other way; `auto` takes it', async () => {
    const { run, deps, idp, endpoint } = await world({})
    const only = { issuer: idp.issuer, clients: { browser: idp.clients.browser }, scopes: idp.scopes }
    endpoint.route('GET /.well-known/jit-configuration', () => ({
      json: { protocol: 1, endpoint: endpoint.url, idp: only },
    }))
    await expect(run('device')).rejects.toMatchObject({
      message: 'This endpoint does not allow the device login.',
      hint: 'Type: jit login --browser',
    })
    Object.assign(deps, patient(deps))
    expect(await run('auto', { env: {} })).toMatchObject({ flow: 'browser' })
  })
})

describe('logout', () => {
  test('forgets file and key, and ends the refresh token at the IdP', async () => {
    const { run, deps, store, idp, stateDirectory } = await world({ idp: { dpop: false } })
    const stored = await run('device')
    expect(await logout({ ...deps, store })).toEqual({ wasLoggedIn: true, atIdp: 'revoked' })
    expect(await store.load()).toBeUndefined()
    expect(() => statSync(join(stateDirectory, 'login.json'))).toThrow('ENOENT')
    const form = {
      grant_type: 'refresh_token',
      client_id: idp.clients.device,
      refresh_token: stored.refreshToken ?? '',
    }
    const answer = await fetch(`${idp.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
    expect(await logout({ ...deps, store })).toEqual({ wasLoggedIn: false, atIdp: 'nothing-to-revoke' })
  })

  test('works without the IdP, and says what it could not do', async () => {
    const { run, deps, store, idp } = await world({})
    await run('device')
    await idp.close()
    expect(await logout({ ...deps, store })).toEqual({ wasLoggedIn: true, atIdp: 'unknown' })
    expect(await store.load()).toBeUndefined()
  })
})
