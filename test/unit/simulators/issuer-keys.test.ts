import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createIssuerKeys, IssuerUnusable } from '../../simulators/issuer-keys.ts'
import { hasOpenssl, makeCertificate } from '../../support/certificate.ts'
import { startServer } from '../../support/http-server.ts'
import { TempHome } from '../../support/temp-home.ts'

const KEY = { kty: 'RSA', kid: 'k1', n: 'x', e: 'AQAB' }
const options = { now: () => 0, cacheMs: 0, allowLoopback: true, certificates: [] as readonly string[] }

describe.skipIf(!hasOpenssl)('keys of an issuer', () => {
  let home: TempHome
  let certificate: ReturnType<typeof makeCertificate>
  beforeAll(() => {
    home = new TempHome()
    certificate = makeCertificate(home.root, '127.0.0.1')
  })
  afterAll(() => home[Symbol.dispose]())

  /** An issuer over TLS; `at` changes what it answers to a path. */
  async function issuer(at: Readonly<Record<string, RequestListener>> = {}): Promise<string> {
    const listener: RequestListener = (request, response) => {
      const base = `https://${request.headers.host}`
      const path = request.url ?? ''
      const own = at[path]
      if (own !== undefined) return own(request, response)
      const documents: Readonly<Record<string, object>> = {
        '/.well-known/openid-configuration': { issuer: base, jwks_uri: `${base}/jwks.json` },
        '/elsewhere.json': { issuer: base, jwks_uri: `${base}/jwks.json` },
        '/jwks.json': { keys: [KEY, { ...KEY, kid: 'k2', use: 'enc' }] },
      }
      return response.end(JSON.stringify(documents[path] ?? {}))
    }
    const server = await startServer(listener, certificate)
    onTestFinished(() => server.close())
    return server.url
  }
  const trusting = () => createIssuerKeys({ ...options, certificates: [readFileSync(certificate.ca, 'utf8')] })

  test('come over TLS under a CA that is trusted, and keys for other uses are left out', async () => {
    expect(await trusting().keys(await issuer())).toEqual([KEY])
  })

  test('come from a discovery document elsewhere where its address is given', async () => {
    const url = await issuer({
      '/.well-known/openid-configuration': (_, response) => void response.writeHead(404).end(),
    })
    expect(await trusting().keys(url, { discoveryUrl: `${url}/elsewhere.json` })).toEqual([KEY])
    await expect(trusting().keys(url)).rejects.toThrow(/answers 404/)
  })

  test('are not had from a server that nobody vouches for', async () => {
    await expect(createIssuerKeys(options).keys(await issuer())).rejects.toThrow(/certificate/)
  })

  test('are not had through a redirect', async () => {
    const url = await issuer({
      '/jwks.json': (_, response) => void response.writeHead(302, { location: '/elsewhere.json' }).end(),
    })
    await expect(trusting().keys(url)).rejects.toThrow(/answers 302/)
  })

  test.each([
    ['of plain http outside', 'http://jit.corp.example', true],
    ['of loopback, where that is not allowed', 'https://127.0.0.1:1', false],
    ['of no URL', 'jit.corp.example', true],
  ])('are not asked %s', async (_name, url, allowLoopback) => {
    const asking = createIssuerKeys({ ...options, allowLoopback }).keys(url)
    await expect(asking).rejects.toThrow(IssuerUnusable)
    await expect(asking).rejects.toThrow(/is not public https/)
  })
})
