import { request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { listenOnLoopback, type LoopbackServer } from '../../../src/platform/loopback-server.ts'

const open: LoopbackServer[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})
async function listen(signal = new AbortController().signal): Promise<LoopbackServer> {
  const server = await listenOnLoopback((query) => query.get('state') === 'mine', signal)
  open.push(server)
  return server
}
const statusOf = (url: string, options: { method?: string; host?: string } = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { host: options.host }
    request(url, { method: options.method ?? 'GET', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

describe('the loopback server', () => {
  test('answers the one redirect with a page, then is gone', async () => {
    const server = await listen()
    expect(server.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    const page = await fetch(`${server.redirectUri}?state=mine&code=c`)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('go back to the terminal')])
    expect((await server.answer).searchParams.get('code')).toBe('c')
    await expect(statusOf(`${server.redirectUri}?state=mine`)).rejects.toThrow('ECONNREFUSED')
  })

  test.each([
    ['another state', '?state=other', {}, 400],
    ['no state', '', {}, 400],
    ['another path', '/../?state=mine', {}, 404],
    ['a POST', '?state=mine', { method: 'POST' }, 404],
    ['another host name, as DNS rebinding makes it', '?state=mine', { host: 'evil.example' }, 404],
    ['the name localhost', '?state=mine', { host: 'localhost' }, 404],
  ])('refuses %s, and waits on', async (_name, rest, options, status) => {
    const server = await listen()
    expect(await statusOf(`${server.redirectUri}${rest}`, options)).toBe(status)
    expect(await statusOf(`${server.redirectUri}?state=mine&code=c`)).toBe(200)
    expect((await server.answer).searchParams.get('code')).toBe('c')
  })

  test('tells the page nothing that it was called with', async () => {
    const { redirectUri } = await listen()
    const page = await fetch(`${redirectUri}?state=%3Cscript%3E&error=%3Cscript%3E`)
    expect(await page.text()).not.toContain('script')
    expect(page.headers.get('content-security-policy')).toBe("default-src 'none'")
  })

  test('ends with its signal', async () => {
    const abort = new AbortController()
    const server = await listen(abort.signal)
    abort.abort(new Error('enough'))
    await expect(server.answer).rejects.toThrow('enough')
    await expect(statusOf(server.redirectUri)).rejects.toThrow('ECONNREFUSED')
  })

  test('sends on nobody but those who are admitted, and waits on for them', async () => {
    const peers: number[] = []
    const admits = () => peers.push(1) > 1
    const server = await listenOnLoopback(() => true, new AbortController().signal, {
      url: 'https://x.example/',
      admits,
    })
    open.push(server)
    expect(await statusOf(server.redirectUri)).toBe(403)
    expect(await statusOf(server.redirectUri)).toBe(303)
  })
})
