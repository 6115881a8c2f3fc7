import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const SIGN_IN = 'signin.aws.amazon.com'

describe.skipIf(!hasOpenssl)('jit console, with the sign-in of AWS under its real name', () => {
  let world: World
  let proxy: Awaited<ReturnType<typeof startConnectProxy>>
  let signIn: ReturnType<typeof createServer>
  let alice: PersonHome
  let answer: { status: number; text: string }
  let calls: { method: string; url: string; body: string }[]

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    calls.push({ method: request.method ?? '', url: request.url ?? '', body: await bodyOf(request) })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text)
  }

  beforeAll(async () => {
    world = await startWorld()
    const { ca } = makeCertificate(world.directory, SIGN_IN)
    const file = (name: string): Buffer => readFileSync(join(world.directory, name))
    signIn = createServer({ key: file('server.key'), cert: file('server.pem') }, (request, response) => {
      void take(request, response)
    })
    await new Promise<void>((listening) => signIn.listen(0, '127.0.0.1', listening))
    proxy = await startConnectProxy({ route: () => (signIn.address() as AddressInfo).port })
    alice = world.person('alice', { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })
    await alice.logIn()
    const { code, stderr } = await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'x')
    if (code !== 0) throw new Error(stderr)
  })
  beforeEach(() => {
    calls = []
    answer = { status: 200, text: JSON.stringify({ SigninToken: 'token+/=' }) }
  })
  afterAll(async () => {
    await alice.jit('revoke', '--all')
    await world.close()
    signIn.close()
    await proxy.close()
  })

  test('the keys travel in a body; the URL signs in, says where to, and asks for no length of its own', async () => {
    const { code, stdout, stderr } = await alice.jit('console', 'staging-db', '--print')
    expect([code, stderr]).toEqual([0, expect.stringContaining('Whoever has this URL')])
    const url = new URL(stdout.trim())
    expect(`${url.origin}${url.pathname}`).toBe(`https://${SIGN_IN}/federation`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'login',
      Issuer: world.endpoint.url,
      Destination: 'https://console.aws.amazon.com/console/home?region=eu-central-1',
      SigninToken: 'token+/=',
    })
    const [call] = calls
    expect(call).toMatchObject({ method: 'POST', url: '/federation' })
    const form = Object.fromEntries(new URLSearchParams(call?.body))
    const served = JSON.parse((await alice.jit('credential-process', 'staging-db')).stdout)
    expect(Object.keys(form)).toEqual(['Action', 'Session'])
    expect(JSON.parse(form['Session'] ?? '')).toEqual({
      sessionId: served.AccessKeyId,
      sessionKey: served.SecretAccessKey,
      sessionToken: served.SessionToken,
    })
  })

  test('no program gets the sign-in URL as an argument: the browser is sent to loopback, once', async () => {
    const bin = join(alice.home, 'bin')
    const opener = join(bin, 'xdg-open')
    const seen = join(alice.home, 'opened')
    await alice.run('mkdir', '-p', bin)
    const fetchTwice = `const [url] = process.argv.slice(2); const get = () => fetch(url, { redirect: 'manual' }).then((a) => [a.status, a.headers.get('location')], () => 'gone');
      get().then(async (first) => require('fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ url, first, second: await get() })))`
    writeFileSync(join(bin, 'fetch.cjs'), fetchTwice)
    writeFileSync(opener, `#!/bin/sh\nexec ${process.execPath} ${join(bin, 'fetch.cjs')} "$1"\n`)
    chmodSync(opener, 0o755)
    const env = { ...alice.env, PATH: `${bin}:${alice.env['PATH'] ?? ''}`, DISPLAY: ':0', WSL_DISTRO_NAME: '', CI: '' }
    const done = await alice.startOther('env', ...pairs(env), process.execPath, 'bin/jit.js', 'console', 'staging-db')
      .done
    expect(done).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('opens in your browser') })
    expect(done.stderr).not.toContain('token')
    await expect.poll(() => readText(seen)).toContain('second')
    const { url, first, second } = JSON.parse(readText(seen))
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\?open=[\w-]{43}$/)
    expect(first).toEqual([303, expect.stringContaining('SigninToken=token%2B%2F%3D')])
    expect(second).toBe('gone')
  })

  test.each([
    ['AWS refuses', { status: 400, text: 'Bad Request' }, 7, 'gave no sign-in token (status 400)'],
    ['a page comes instead of the answer', { status: 200, text: '<html>' }, 6, 'gave no sign-in token'],
    ['AWS is down', { status: 503, text: '' }, 6, 'status 503'],
  ])('%s: said, and nothing printed', async (_what, said, code, sentence) => {
    answer = said
    expect(await alice.jit('console', 'staging-db', '--print')).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(sentence),
    })
  })

  test('without a network: 6, which is not a refusal', async () => {
    const env = pairs({ ...alice.env, HTTPS_PROXY: 'http://127.0.0.1:2' })
    const argv = [process.execPath, 'bin/jit.js', 'console', 'staging-db', '--print'] as const
    expect(await alice.startOther('env', ...env, ...argv).done).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('The sign-in of AWS cannot be reached'),
    })
  })

  test('without a grant it says what to type', async () => {
    const done = await alice.jit('console', 'prod-db')
    expect([done.code, done.stderr]).toEqual([9, expect.stringContaining('jit elevate prod-db')])
    expect(calls).toEqual([])
  })
})

const pairs = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`)

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not written yet
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += String(part)
  return body
}
