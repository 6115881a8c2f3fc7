import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasOpenssl } from '../../support/certificate.ts'
import { type CloudNetwork, startCloudNetwork } from '../../support/cloud-network.ts'
import { startServer } from '../../support/http-server.ts'

const run = promisify(execFile)
const says = (text: string) => (_request: unknown, response: ServerResponse) => void response.end(text)

describe.skipIf(!hasOpenssl)('the clouds on loopback', () => {
  let network: CloudNetwork
  beforeAll(async () => {
    network = await startCloudNetwork({ hosts: { 'sts.one.example': says('one'), 'api.two.example': says('two') } })
  })
  afterAll(() => network.close())

  /** A program that knows nothing but its environment. */
  async function ask(url: string, env = network.env): Promise<string> {
    const script = `fetch(${JSON.stringify(url)}).then((r) => r.text(), (e) => String(e.cause ?? e)).then((t) => process.stdout.write(t))`
    const { stdout } = await run(process.execPath, ['-e', script], { env: { ...env, NODE_USE_ENV_PROXY: '1' } })
    return stdout
  }

  test('each production name is answered over TLS by who was mounted for it', async () => {
    const answers = await Promise.all([ask('https://sts.one.example/'), ask('https://API.two.example/x')])
    expect(answers).toEqual(['one', 'two'])
    expect(network.tunnels.toSorted()).toEqual(['api.two.example:443', 'sts.one.example:443'])
    expect(network.refused).toEqual([])
  })

  test('a certificate of the network is trusted through the environment alone', async () => {
    const { NODE_EXTRA_CA_CERTS: _, SSL_CERT_FILE: __, ...untrusting } = network.env
    expect(await ask('https://sts.one.example/', untrusting)).toMatch(/certificate/)
  })

  test.each([
    ['another host', 'https://elsewhere.example/', 'elsewhere.example:443'],
    ['another port of a known one', 'https://sts.one.example:8443/', 'sts.one.example:8443'],
    ['a name below a known one', 'https://x.sts.one.example/', 'x.sts.one.example:443'],
    ['an address', 'https://192.0.2.1/', '192.0.2.1:443'],
  ])('%s is refused and remembered', async (_name, url, authority) => {
    await ask(url)
    expect(network.refused.at(-1)).toBe(authority)
  })

  test('plain http is refused and remembered, for a known name as well', async () => {
    await run('curl', ['-s', 'http://sts.one.example/'], { env: { PATH: process.env['PATH'], ...network.env } })
    expect(network.refused.at(-1)).toBe('http://sts.one.example/')
  })

  test('a tunnel to one name does not lead to a name that nobody answers for', async () => {
    const args = [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      'Host: elsewhere.example',
      'https://sts.one.example',
    ]
    const { stdout } = await run('curl', args, { env: { PATH: process.env['PATH'], ...network.env } })
    expect([stdout, network.refused.at(-1)]).toEqual(['421', 'elsewhere.example'])
  })

  test('loopback is reached directly', async () => {
    const server = await startServer((_request, response) => response.end('direct'))
    const before = network.refused.length
    expect(await ask(server.url)).toBe('direct')
    expect(network.refused.length).toBe(before)
    await server.close()
  })

  test('closing ends open tunnels and leaves no key behind', async () => {
    const own = await startCloudNetwork({ hosts: { 'a.example': says('') } })
    const socket = connect(Number(new URL(own.proxyUrl).port), '127.0.0.1')
    socket.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n')
    await once(socket, 'data')
    const ended = once(socket.resume(), 'close')
    await own.close()
    await ended
    expect(existsSync(own.caFile)).toBe(false)
  })
})
