import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasOpenssl } from '../support/certificate.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import type { PersonHome } from '../support/person.ts'
import { eventually } from '../support/eventually.ts'
import { reapersOf } from '../support/reapers.ts'
import { REAL_STS, startWorld, type World } from '../support/world.ts'

/** Nothing but the IdP, which speaks plain HTTP here, is reached directly. */
const NO_PROXY = '127.0.0.1'

describe.skipIf(!hasOpenssl)(
  'an endpoint behind TLS by a CA of the company, and a proxy on the way to everything',
  () => {
    let world: World
    let proxy: Awaited<ReturnType<typeof startConnectProxy>>
    let sts: ReturnType<typeof createTlsServer>
    let alice: PersonHome

    beforeAll(async () => {
      proxy = await startConnectProxy({
        route: (authority) =>
          authority === `${REAL_STS}:443` ? (sts.address() as AddressInfo).port : Number(authority.split(':')[1]),
      })
      world = await startWorld({
        tls: true,
        realSts: true,
        endpointEnv: { HTTPS_PROXY: proxy.url, NO_PROXY },
      })
      sts = await awsOverTls(world)
      alice = world.person('alice', { NODE_EXTRA_CA_CERTS: world.ca, HTTPS_PROXY: proxy.url, NO_PROXY })
    })
    afterAll(async () => {
      await world.close()
      sts.close()
      sts.closeAllConnections()
      await proxy.close()
    })

    const host = (): string => new URL(world.endpoint.url).host

    test('log in, elevate and revoke through the proxy; the endpoint reaches STS under its real name through it too', async () => {
      expect(await alice.logIn()).toMatchObject({ code: 0 })
      expect(proxy.tunnels).toContain(host())
      expect(proxy.tunnels).not.toContain(`${REAL_STS}:443`)
      const { code, stderr } = await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'x')
      expect([code, stderr]).toEqual([0, expect.stringContaining('staging-db is yours until')])
      expect(proxy.tunnels).toContain(`${REAL_STS}:443`)
      expect(proxy.tunnels.some((authority) => authority.startsWith('127.0.0.1'))).toBe(false) // NO_PROXY
      expect((await alice.jit('revoke', '--all')).code).toBe(0)
      expect(await eventually(() => reapersOf(world.directory), [])).toEqual([]) // what is counted below, it would add to
    })

    test('NO_PROXY with the name of the endpoint leads past the proxy', async () => {
      const unused = await startConnectProxy({ refuse: true })
      const direct = world.machine(alice, 'direct', {
        NODE_EXTRA_CA_CERTS: world.ca,
        HTTPS_PROXY: unused.url,
        NO_PROXY: 'localhost,127.0.0.1',
      })
      const { code } = await direct.jit('targets')
      await unused.close()
      expect([code, unused.tunnels]).toEqual([0, []])
    })

    test('a certificate that nobody trusts is refused before anything is sent, with the variable to set', async () => {
      const stranger = world.machine(alice, 'stranger')
      const calls = () => world.endpoint.log().match(/"msg":"call"/g)?.length ?? 0
      const before = calls()
      for (const argv of [
        ['targets'],
        ['login', world.endpoint.url, '--device'],
        ['elevate', 'staging-db', '--reason', 'x'],
      ]) {
        const { code, stdout, stderr } = await stranger.jit(...argv)
        expect([code, stdout]).toEqual([6, ''])
        expect(stderr).toMatch(
          /is not trusted: the certificate of localhost:\d+ could not be verified.*\n {5}.*NODE_EXTRA_CA_CERTS=/,
        )
      }
      expect(calls()).toBe(before)
      const trusting = world.machine(alice, 'trusting', { NODE_EXTRA_CA_CERTS: world.ca })
      expect((await trusting.jit('targets')).code).toBe(0)
    })

    test('a certificate for another name is refused', async () => {
      const other = world.machine(alice, 'other', { NODE_EXTRA_CA_CERTS: world.ca })
      const ended = await other.jit('login', world.endpoint.url.replace('localhost', '127.0.0.1'), '--device')
      expect([ended.code, ended.stderr]).toEqual([6, expect.stringContaining('is not trusted')])
    })

    test('a proxy that refuses, is not there, or is no URL: each is named, without its password', async () => {
      const refusing = await startConnectProxy({ refuse: true })
      const through = (name: string, url: string) =>
        world.machine(alice, name, { NODE_EXTRA_CA_CERTS: world.ca, HTTPS_PROXY: url, NO_PROXY }).jit('targets')
      const [refused, absent, wrong] = await Promise.all([
        through('refused', refusing.url),
        through('absent', 'http://user:hunter2@127.0.0.1:2'),
        through('wrong', 'user:hunter2@proxy:3128'),
      ])
      await refusing.close()
      for (const { code, stderr } of [refused, absent])
        expect([code, stderr]).toEqual([
          6,
          expect.stringMatching(/the proxy did not open a connection.*\n {5}Check HTTPS_PROXY/),
        ])
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('HTTPS_PROXY is not a proxy URL')])
      for (const { stderr } of [refused, absent, wrong]) expect(stderr).not.toContain('hunter2')
    })
  },
)

test('HTTP_PROXY leads plain http through the proxy as well, loopback too unless NO_PROXY names it', async () => {
  const [world, proxy] = await Promise.all([startWorld(), startConnectProxy()])
  onTestFinished(() => Promise.all([world.close(), proxy.close()]).then(() => undefined))
  const alice = world.person('alice', { HTTP_PROXY: proxy.url })
  expect((await alice.logIn()).code).toBe(0)
  for (const url of [world.endpoint.url, world.idp.issuer]) expect(proxy.forwarded).toContain(new URL(url).host)
  const before = proxy.forwarded.length
  const direct = world.machine(alice, 'direct', { HTTP_PROXY: proxy.url, NO_PROXY })
  expect((await direct.jit('targets')).code).toBe(0)
  expect(proxy.forwarded.length).toBe(before)
})

/** The simulator behind TLS, under the certificate of the company's CA: a proxy leads the real name here. */
async function awsOverTls(world: World) {
  const read = (name: string): Buffer => readFileSync(join(world.directory, name))
  const server = createTlsServer({ key: read('server.key'), cert: read('server.pem') }, (incoming, outgoing) => {
    const { method, headers, url } = incoming
    incoming.pipe(
      request(`${world.aws.url}${url}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      }),
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return server
}
