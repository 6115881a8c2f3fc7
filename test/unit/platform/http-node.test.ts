import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { nodeHttp, MAX_ANSWER_BYTES } from '../../../src/platform/http-node.ts'
import { startServer, type TestServer } from '../../support/http-server.ts'

const open: TestServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})
async function serve(listener: RequestListener): Promise<string> {
  const server = await startServer(listener)
  open.push(server)
  return server.url
}
const get = (url: string, more: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  nodeHttp({ method: 'GET', url, timeoutMs: 5000, ...more })

describe('an answer', () => {
  test('comes with status, headers and text, whatever the status', async () => {
    const url = await serve((_, response) => response.writeHead(503, { 'x-made-by': 'test' }).end('später'))
    const answer = await get(url)
    expect([answer.status, answer.headers.get('x-made-by'), answer.text]).toEqual([503, 'test', 'später'])
  })

  test('to a POST follows method, headers and body', async () => {
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => response.end(`${request.method} ${request.headers['content-type']} ${body}`))
    })
    const headers = { 'content-type': 'application/json' }
    expect((await nodeHttp({ method: 'POST', url, headers, body: '{"a":1}', timeoutMs: 5000 })).text).toBe(
      'POST application/json {"a":1}',
    )
  })

  test('that redirects is not followed', async () => {
    let hits = 0
    const url = await serve((request, response) => {
      hits++
      response.writeHead(307, { location: `http://${request.headers.host}/elsewhere` }).end()
    })
    expect((await get(url)).status).toBe(307)
    expect(hits).toBe(1)
  })

  test('in many pieces that cut letters in two is put together', async () => {
    const text = '€'.repeat(300_000) // three bytes each: no piece of 64 KiB ends between two of them
    const url = await serve((_, response) => response.end(text))
    expect((await get(url)).text === text).toBe(true)
  })
})

describe('no answer', () => {
  test('where nobody listens is refused', async () => {
    const server = await startServer(() => undefined)
    await server.close()
    await expect(get(server.url)).rejects.toMatchObject({
      name: 'HttpError',
      failure: 'refused',
      message: `127.0.0.1:${server.port} refused the connection`,
    })
  })

  test('where the name is unknown says dns', async () => {
    await expect(get('http://jit.invalid/')).rejects.toMatchObject({
      failure: 'dns',
      message: 'the name jit.invalid could not be resolved',
    })
  })

  test('in time: the limit counts until the last byte, not until the first', async () => {
    const url = await serve((_, response) => response.writeHead(200).write('first bytes, never the last'))
    await expect(get(url, { timeoutMs: 150 })).rejects.toMatchObject({ failure: 'timeout' })
  })

  test('when the caller aborts', async () => {
    const abort = new AbortController()
    const url = await serve(() => abort.abort())
    await expect(get(url, { signal: abort.signal })).rejects.toMatchObject({ failure: 'aborted' })
  })

  test('when the connection breaks before or in the middle of it', async () => {
    const before = await serve((request) => request.socket.destroy())
    await expect(get(before)).rejects.toMatchObject({ failure: 'reset' })
    const middle = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x')
      setImmediate(() => request.socket.destroy())
    })
    await expect(get(middle)).rejects.toMatchObject({ failure: 'reset' })
  })

  test.each([
    ['plain', (size: number) => ({ body: Buffer.alloc(size, 'x'), headers: {} })],
    [
      'a gzip bomb',
      (size: number) => ({ body: gzipSync(Buffer.alloc(size)), headers: { 'content-encoding': 'gzip' } }),
    ],
  ])('larger than the limit is taken: %s', async (_name, make) => {
    const url = await serve((request, response) => {
      const { body, headers } = make(MAX_ANSWER_BYTES + (request.url === '/over' ? 1 : 0))
      response.writeHead(200, headers).end(body)
    })
    expect((await get(`${url}/exact`)).text).toHaveLength(MAX_ANSWER_BYTES)
    await expect(get(`${url}/over`)).rejects.toMatchObject({ failure: 'too-large' })
  })

  test('to what is no URL', async () => {
    await expect(get('http://[::bad')).rejects.toMatchObject({ failure: 'other' })
  })
})
