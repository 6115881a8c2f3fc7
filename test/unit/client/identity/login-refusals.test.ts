import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { loginStore } from '../../../../src/client/identity/store.ts'
import { systemRandom } from '../../../../src/platform/random.ts'
import { denyInBrowser } from '../../../support/browser-robot.ts'
import type { instantClock } from '../../../support/instant-clock.ts'
import { loginWorlds } from '../../../support/login-world.ts'

const { world, directory } = loginWorlds()

describe('before anybody logs in', () => {
  test.each([
    ['jit.corp.example/?x=1', 'USAGE'],
    ['http://jit.corp.example', 'USAGE'],
    ['https://alice:secret@jit.corp.example', 'USAGE'],
    ['not a url at all', 'USAGE'],
    ['http://127.0.0.1:1', 'ENDPOINT_UNREACHABLE'],
  ])('%s is no endpoint: %s', async (url, code) => {
    const { run, codes } = await world({})
    await expect(run('device', { url })).rejects.toMatchObject({ code })
    expect(codes).toEqual([])
  })

  test('a trailing slash does not matter, a path does', async () => {
    const { run, endpoint } = await world({})
    expect(await run('device', { url: `${endpoint.url}/` })).toMatchObject({ discovery: { endpoint: endpoint.url } })
    await expect(run('device', { url: `${endpoint.url}/other` })).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: `There is no approval endpoint at ${endpoint.url}/other.`,
    })
  })

  test('an endpoint that says it is another is refused', async () => {
    const { run } = await world({ endpoint: { says: () => 'https://jit.other.example' } })
    await expect(run('device')).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: expect.stringContaining('says that it is another one'),
    })
  })

  test('an endpoint of a later protocol asks for a newer jit', async () => {
    const { run } = await world({ endpoint: { protocol: 2 } })
    await expect(run('device')).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: expect.stringMatching(/ speaks protocol 2; this jit knows up to 1\.$/),
      hint: 'Install a newer jit, then log in again.',
    })
  })

  test('a page that is no discovery document, or an IdP over http, is refused', async () => {
    const { run, endpoint } = await world({})
    const path = 'GET /.well-known/jit-configuration'
    endpoint.route(path, () => ({ text: '<html>', headers: { 'content-type': 'text/html' } }))
    await expect(run('device')).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
    const idp = { issuer: 'http://idp.corp.example', clients: { device: 'x' }, scopes: ['openid'] }
    endpoint.route(path, () => ({ json: { protocol: 1, endpoint: endpoint.url, idp } }))
    await expect(run('device')).rejects.toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: expect.stringContaining('not reached over https'),
    })
  })

  test('an IdP that is gone, or another than it says, is an error about the IdP', async () => {
    const { run, idp, endpoint } = await world({})
    const elsewhere = { issuer: `${idp.issuer}/other`, clients: idp.clients, scopes: idp.scopes }
    endpoint.route('GET /.well-known/jit-configuration', () => ({
      json: { protocol: 1, endpoint: endpoint.url, idp: elsewhere },
    }))
    await expect(run('device')).rejects.toMatchObject({ code: 'IDP_UNREACHABLE' })
    endpoint.route('GET /.well-known/jit-configuration', () => ({
      json: { protocol: 1, endpoint: endpoint.url, idp: { ...elsewhere, issuer: idp.issuer } },
    }))
    await idp.close()
    await expect(run('device')).rejects.toMatchObject({
      code: 'IDP_UNREACHABLE',
      message: expect.stringMatching(/^The identity provider cannot be reached: 127.0.0.1:\d+ refused/),
    })
  })

  test('a key store that does not work stops the login, and a failed login leaves no key', async () => {
    const { run, deps, keyStore, codes } = await world({ person: (url) => denyInBrowser(url, 'bob') })
    const items = new Set<string>()
    const watched = {
      ...keyStore,
      set: async (item: string) => void items.add(item),
      delete: async (item: string) => void items.delete(item),
    }
    const store = loginStore({ stateDirectory: join(directory, 'watched'), keyStore: watched, random: systemRandom })
    Object.assign(deps, { store })
    await expect(run('device')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
    expect([codes.length, items.size]).toEqual([1, 0])

    const dead = { ...keyStore, set: () => Promise.reject(new JitError('SECRET_STORE', 'locked', 'choose')) }
    Object.assign(deps, {
      store: loginStore({ stateDirectory: join(directory, 'dead'), keyStore: dead, random: systemRandom }),
    })
    await expect(run('device')).rejects.toMatchObject({ code: 'SECRET_STORE' })
    expect(codes).toHaveLength(1)
  })

  test('a clock that is far off is said before the person does anything', async () => {
    const { run, deps, codes } = await world({})
    const clock = deps.clock as ReturnType<typeof instantClock>
    clock.set(Date.now() + 12 * 60_000)
    await expect(run('device')).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
      message: 'The clock of this machine is 12 minutes ahead.',
      hint: expect.stringContaining('timedatectl set-ntp true'),
    })
    expect(codes).toEqual([])
  })
})
