import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useProxyFromEnv } from '../../../src/platform/proxy.ts'
import { hasOpenssl, makeCertificate } from '../../support/certificate.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { startServer, type TestServer } from '../../support/http-server.ts'

const CHILD = join(import.meta.dirname, '../../support/http-child.ts')
async function child(url: string, env: Record<string, string>, how = 'fetch'): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, url, how], { env })
  return JSON.parse(stdout)
}

describe.skipIf(!hasOpenssl)('over https', () => {
  const directory = mkdtempSync(join(tmpdir(), 'jit-proxy-'))
  let server: TestServer
  let ca = ''
  beforeAll(async () => {
    const made = makeCertificate(directory, 'jit.corp.example')
    ca = made.ca
    server = await startServer((_, response) => response.end('hello'), made)
  })
  afterAll(async () => {
    await server.close()
    rmSync(directory, { recursive: true })
  })
  const url = () => `https://jit.corp.example:${server.port}/`

  test('the proxy of HTTPS_PROXY is used, and NODE_EXTRA_CA_CERTS is believed', async () => {
    const proxy = await startConnectProxy()
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: ca }
    expect(await child(url(), env)).toEqual({ status: 200, text: 'hello' })
    expect(await child(url(), env, 'agent')).toEqual({ status: 200 })
    expect(proxy.tunnels).toEqual([`jit.corp.example:${server.port}`, `jit.corp.example:${server.port}`])
    await proxy.close()
  })

  test('NO_PROXY goes around it', async () => {
    const proxy = await startConnectProxy()
    const env = { https_proxy: proxy.url, NO_PROXY: 'corp.example,.invalid', NODE_EXTRA_CA_CERTS: ca }
    expect(await child('https://jit.invalid/', env)).toMatchObject({ failure: 'dns' })
    expect(proxy.tunnels).toEqual([])
    await proxy.close()
  })

  test('a certificate of an unknown CA is refused, by name', async () => {
    const proxy = await startConnectProxy()
    expect(await child(url(), { HTTPS_PROXY: proxy.url })).toMatchObject({
      failure: 'certificate',
      message: expect.stringContaining(`the certificate of jit.corp.example:${server.port} could not be verified`),
    })
    await proxy.close()
  })

  test('a certificate for another name is refused, without a proxy too', async () => {
    const wrong = await child(`https://127.0.0.1:${server.port}/`, { NODE_EXTRA_CA_CERTS: ca })
    expect(wrong).toMatchObject({ failure: 'certificate', message: expect.stringContaining('does not match') })
  })

  test('a proxy that refuses or is gone is told apart from the host', async () => {
    const proxy = await startConnectProxy({ refuse: true })
    expect(await child(url(), { HTTPS_PROXY: proxy.url })).toMatchObject({
      failure: 'proxy',
      message: expect.stringContaining('403'),
    })
    await proxy.close()
    expect(await child(url(), { HTTPS_PROXY: proxy.url })).toMatchObject({ failure: 'proxy' })
    expect(await child(url(), { HTTPS_PROXY: 'http://gateway.invalid:3128' })).toMatchObject({ failure: 'proxy' })
  })
})

test('a proxy variable that is no URL is said by its name, not by its value', async () => {
  const failed = useProxyFromEnv({ HTTPS_PROXY: 'user:hunter2@proxy' })
  await expect(failed).rejects.toMatchObject({ code: 'CONFIG', message: 'HTTPS_PROXY is not a proxy URL.' })
})

test('without a proxy variable nothing is loaded', async () => {
  const script = `
    const { useProxyFromEnv } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/platform/proxy.ts'))})
    const before = process.moduleLoadList.length
    await useProxyFromEnv({ PATH: 'x' })
    console.log(process.moduleLoadList.length - before, process.moduleLoadList.includes('NativeModule _http_client'))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(stdout.trim()).toBe('0 false')
})

test('what only this machine reaches is asked past the proxy', async () => {
  const [proxy, server] = [await startConnectProxy(), await startServer((_, response) => response.end('metadata'))]
  const env = { HTTP_PROXY: proxy.url }
  expect(await child(server.url, env)).toEqual({ status: 200, text: 'metadata' })
  expect(proxy.forwarded).toHaveLength(1)
  expect(await child(server.url, env, 'direct')).toEqual({ status: 200, text: 'metadata' })
  expect(proxy.forwarded).toHaveLength(1)
  await Promise.all([proxy.close(), server.close()])
})
