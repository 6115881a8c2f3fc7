import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAssumeRole, stsEndpoint } from '../../../../src/server/exchange/aws-sts.ts'
import { startAwsSimulator } from '../../../simulators/aws/simulator.ts'
import { awsAccount, grantClaims, roleArn } from '../../../support/aws-account.ts'
import { startIssuer } from '../../../support/issuer.ts'

const CALL = {
  region: 'eu-west-1',
  roleArn: roleArn('prod-db'),
  sessionName: 'alice-g_1',
  token: 'header.payload.signature',
  durationSeconds: 900,
  policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
}

describe('the STS endpoint', () => {
  test.each([
    [
      'the configured one first',
      'https://a.example',
      { AWS_ENDPOINT_URL_STS: 'https://b.example' },
      'https://a.example',
    ],
    [
      'then the variable of the service',
      undefined,
      { AWS_ENDPOINT_URL_STS: 'https://b.example', AWS_ENDPOINT_URL: 'https://c.example' },
      'https://b.example',
    ],
    ['then the general variable', undefined, { AWS_ENDPOINT_URL: 'https://c.example' }, 'https://c.example'],
    ['an empty variable is none', undefined, { AWS_ENDPOINT_URL: '' }, undefined],
    [
      'none where AWS says to ignore them',
      undefined,
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL: 'https://c.example' },
      undefined,
    ],
  ])('is %s', (_name, configured, env, expected) => {
    expect(stsEndpoint(configured, env)).toBe(expected)
  })
})

/** A forward proxy that answers every CONNECT with 502 and remembers where it should have gone: nothing leaves this machine. */
async function startProxy() {
  const wanted: string[] = []
  const server = createServer()
  server.on('connect', ({ url }, socket) => {
    wanted.push(url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return { url, wanted, close: () => new Promise((resolve) => server.close(resolve)) }
}

describe('the call to STS', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'jit-sts-'))
    const poison = 'endpoint_url = http://127.0.0.1:1\nregion = us-west-1\nmax_attempts = 1\n'
    const config = join(dir, 'config')
    writeFileSync(config, `[default]\n${poison}aws_access_key_id = AKIASTANDINGSTANDING\naws_secret_access_key = x\n`)
    vi.stubEnv('AWS_CONFIG_FILE', config)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', config)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASTANDINGSTANDING')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'standing')
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1')
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(dir, { recursive: true })
  })

  test("goes through the proxy to the region's own STS, whatever environment and files of the machine say", async () => {
    const proxy = await startProxy()
    const httpsAgent = new Agent({ proxyEnv: { HTTPS_PROXY: proxy.url } })

    await expect(createAssumeRole({ httpsAgent })(CALL)).rejects.toThrow(/proxy|502/i)
    await expect(createAssumeRole({ httpsAgent })({ ...CALL, region: 'cn-north-1' })).rejects.toThrow(/proxy|502/i)

    expect(new Set(proxy.wanted)).toEqual(
      new Set(['sts.eu-west-1.amazonaws.com:443', 'sts.cn-north-1.amazonaws.com.cn:443']),
    )
    await proxy.close()
  })

  test("is not signed although the machine has somebody's AWS credentials, and repeated although it says once", async () => {
    const issuer = await startIssuer()
    const aws = await startAwsSimulator(awsAccount(issuer.url))
    const token = await issuer.sign(grantClaims(issuer.url, aws.clock.now()))

    aws.throttle(1)
    await createAssumeRole({ endpoint: aws.url })({ ...CALL, token })

    expect(aws.requests).toMatchObject([
      { signed: false, outcome: 'Throttling' },
      { signed: false, outcome: 'ok', userAgent: expect.stringContaining('jit-endpoint') },
    ])
    await Promise.all([aws.close(), issuer.close()])
  })

  test('ends after its limit where STS never answers', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const limits = { connect: 100, attempt: 100, whole: 250 }

    await expect(createAssumeRole({ endpoint, limits })(CALL)).rejects.toMatchObject({
      name: expect.stringMatching(/^(Timeout|Abort)Error$/),
    })

    silent.closeAllConnections()
    await new Promise((resolve) => silent.close(resolve))
  })
})
