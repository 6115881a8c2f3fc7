import { symlinkSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Environment } from '../../../../src/base/environment.ts'
import { JitError } from '../../../../src/base/errors.ts'
import { aws } from '../../../../src/client/workload/aws.ts'
import { azureDevops } from '../../../../src/client/workload/azure-devops.ts'
import { buildkite } from '../../../../src/client/workload/buildkite.ts'
import { circleci } from '../../../../src/client/workload/circleci.ts'
import { github } from '../../../../src/client/workload/github.ts'
import { gitlab } from '../../../../src/client/workload/gitlab.ts'
import { givenFile } from '../../../../src/client/workload/given.ts'
import { google } from '../../../../src/client/workload/google.ts'
import { kubernetes, KUBERNETES_TOKEN_FILE } from '../../../../src/client/workload/kubernetes.ts'
import { JOB_VARIABLES, mayBeWorkload } from '../../../../src/client/workload/marks.ts'
import { SOURCES } from '../../../../src/client/workload/sources.ts'
import { spiffe } from '../../../../src/client/workload/spiffe.ts'
import type { TokenSource } from '../../../../src/client/workload/types.ts'
import { nodeHttp } from '../../../../src/platform/http-node.ts'
import { startServer, type TestServer } from '../../../support/http-server.ts'
import { tempDirectory } from '../../../support/temp-directory.ts'
import { fakeProgram, tokenDeps, unsignedToken } from '../../../support/workload.ts'

const AUDIENCE = 'https://jit.example/"a b"&c'
const TOKEN = unsignedToken({ iss: 'https://issuer.example', sub: 'job' })
const BEARER = 'bearer-of-the-job'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0)) await each()
})
const directory = (): string => {
  const made = tempDirectory()
  undo.push(() => made.remove())
  return made.path
}
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<TestServer> {
  const server = await startServer(answer)
  undo.push(() => server.close())
  return server
}
const failure = async (source: TokenSource, env: Environment, http = nodeHttp): Promise<JitError> => {
  const error: unknown = await source.fetch(tokenDeps(env, http), AUDIENCE).catch((thrown: unknown) => thrown)
  if (!(error instanceof JitError)) throw new Error(`no JitError: ${String(error)}`)
  return error
}

describe('GitHub Actions', () => {
  const env = (url: string) => ({
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: BEARER,
  })

  test('the token service is asked for our audience, with the bearer of the job', async () => {
    const seen: string[] = []
    const { url } = await serve(({ url: path = '', headers }, response) => {
      seen.push(new URL(path, 'http://x').searchParams.get('audience') ?? '', headers.authorization ?? '', path)
      response.end(JSON.stringify({ count: 9, value: TOKEN }))
    })
    expect(await github.fetch(tokenDeps(env(url), nodeHttp), AUDIENCE)).toBe(TOKEN)
    expect(seen.slice(0, 2)).toEqual([AUDIENCE, `bearer ${BEARER}`])
    expect(seen[2]).toContain('api-version=2.0')
  })

  test('a job without the permission is told which one', async () => {
    const { code, message, hint } = await failure(github, { GITHUB_ACTIONS: 'true' })
    expect([code, message]).toEqual(['LOGIN_NEEDED', 'This job may not ask GitHub for an ID token.'])
    expect(hint).toContain('permissions: id-token: write')
  })

  test('plain http to another machine is not spoken, whatever the environment says', async () => {
    const error = await failure(github, env('http://token.example'), async () => {
      throw new Error('asked')
    })
    expect(error.message).toBe("GitHub's token service is not reached over https here.")
  })

  test.each([
    [403, JSON.stringify({ message: `No. ${TOKEN} ${BEARER}` }), 'LOGIN_FAILED'],
    [302, '', 'LOGIN_FAILED'],
    [500, '<html>', 'IDP_UNREACHABLE'],
    [200, '<html>', 'LOGIN_FAILED'],
    [200, JSON.stringify({ value: 'short' }), 'LOGIN_FAILED'],
    [200, JSON.stringify({ value: `${'a'.repeat(20_000)}.bbbb.cccc` }), 'LOGIN_FAILED'],
    [200, JSON.stringify({ value: { a: 1 } }), 'LOGIN_FAILED'],
  ])('an answer of status %i that is no token is a sentence without secrets', async (status, body, code) => {
    const { url } = await serve((_, response) => void response.writeHead(status, { location: 'http://evil' }).end(body))
    const error = await failure(github, env(url))
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.hint}`).not.toMatch(/eyJ|<html>/)
  })

  test('a service that is not there is a network failure, to be tried again', async () => {
    const gone = await serve(() => undefined)
    await gone.close()
    expect((await failure(github, env(gone.url))).code).toBe('IDP_UNREACHABLE')
  })
})

describe('GitLab', () => {
  test('the token of the job is taken as it is', async () => {
    expect(await gitlab.fetch(tokenDeps({ JIT_ID_TOKEN: `${TOKEN}\n` }), AUDIENCE)).toBe(TOKEN)
  })

  test('a job without one is told what to write, for the very audience', async () => {
    const { code, hint } = await failure(gitlab, { GITLAB_CI: 'true' })
    expect(code).toBe('LOGIN_NEEDED')
    expect(hint).toContain('id_tokens: { JIT_ID_TOKEN: { aud:')
    expect(hint).toContain(AUDIENCE)
  })
})

describe('CircleCI', () => {
  test('circleci makes a token for our audience, which is JSON and no words of a shell', async () => {
    const PATH = directory()
    const { calls } = fakeProgram(PATH, 'circleci', `echo '${TOKEN}'`)
    expect(await circleci.fetch(tokenDeps({ PATH }), AUDIENCE)).toBe(TOKEN)
    expect(calls()).toEqual(['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: AUDIENCE })])
  })

  test('without circleci, the token that the job was started with', async () => {
    const env = { PATH: directory(), CIRCLE_OIDC_TOKEN_V2: TOKEN }
    expect(await circleci.fetch(tokenDeps(env), AUDIENCE)).toBe(TOKEN)
    expect((await failure(circleci, { PATH: env.PATH })).code).toBe('LOGIN_NEEDED')
  })
})

describe('Buildkite', () => {
  test('the agent makes a token for our audience, and has the environment of the job for it', async () => {
    const PATH = directory()
    const { calls } = fakeProgram(PATH, 'buildkite-agent', `test "$BUILDKITE_JOB_ID" = 42 && echo '${TOKEN}'`)
    expect(await buildkite.fetch(tokenDeps({ PATH, BUILDKITE_JOB_ID: '42' }), AUDIENCE)).toBe(TOKEN)
    const ids = ['--claim', 'pipeline_id', '--claim', 'organization_id']
    expect(calls()).toEqual(['oidc', 'request-token', '--audience', AUDIENCE, ...ids])
  })

  test('an agent that fails is quoted without what looks like a token; one that is missing is named', async () => {
    const PATH = directory()
    fakeProgram(PATH, 'buildkite-agent', `echo '${TOKEN}' >&2; echo 'fatal: no ${TOKEN} for you' >&2; exit 7`)
    const error = await failure(buildkite, { PATH })
    expect(error.message).toBe('buildkite-agent gave no token (exit code 7: fatal: no [redacted] for you).')
    expect(await failure(buildkite, { PATH: directory() })).toMatchObject({
      code: 'LOGIN_NEEDED',
      message: 'buildkite-agent could not be started (ENOENT).',
    })
  })
})

describe('Azure DevOps', () => {
  test('the token service is asked by POST, for the service connection that is named', async () => {
    const seen: unknown[] = []
    const { url } = await serve(({ method, url: path, headers }, response) => {
      seen.push([method, path, headers.authorization])
      response.end(JSON.stringify({ oidcToken: TOKEN }))
    })
    const env = { TF_BUILD: 'True', SYSTEM_OIDCREQUESTURI: `${url}/oidc`, SYSTEM_ACCESSTOKEN: BEARER }
    const deps = (more: Environment) => tokenDeps({ ...env, ...more }, nodeHttp)
    expect(await azureDevops.fetch(deps({}), AUDIENCE)).toBe(TOKEN)
    await azureDevops.fetch(deps({ JIT_SERVICE_CONNECTION_ID: 'a&b' }), AUDIENCE)
    expect(seen).toEqual([
      ['POST', '/oidc?api-version=7.1', `Bearer ${BEARER}`],
      ['POST', '/oidc?api-version=7.1&serviceConnectionId=a%26b', `Bearer ${BEARER}`],
    ])
  })

  test('a step without the access token is told how it gets one', async () => {
    const { code, message, hint } = await failure(azureDevops, { SYSTEM_OIDCREQUESTURI: 'https://dev.azure.example' })
    expect([code, message]).toEqual([
      'LOGIN_NEEDED',
      'This step has no SYSTEM_ACCESSTOKEN, so it cannot ask Azure DevOps for an ID token.',
    ])
    expect(hint).toContain('$(System.AccessToken)')
  })
})

describe('tokens in files', () => {
  test('Kubernetes mounts one', async () => {
    const mounted = {
      ...tokenDeps({}),
      readText: (path: string) => (path === KUBERNETES_TOKEN_FILE ? TOKEN : undefined),
    }
    expect(await kubernetes.fetch(mounted, AUDIENCE)).toBe(TOKEN)
    const { hint } = await failure(kubernetes, {})
    expect(hint).toContain('serviceAccountToken')
  })

  test('the file that JIT_WORKLOAD_TOKEN_FILE names is read anew each time, through links, and wins over JIT_WORKLOAD_TOKEN', async () => {
    const at = directory()
    writeFileSync(join(at, '1'), unsignedToken({ sub: 'old' }))
    symlinkSync('1', join(at, 'token'))
    const deps = tokenDeps({ JIT_WORKLOAD_TOKEN_FILE: join(at, 'token'), JIT_WORKLOAD_TOKEN: unsignedToken({}) })
    expect(await givenFile.fetch(deps, AUDIENCE)).toBe(unsignedToken({ sub: 'old' }))
    writeFileSync(join(at, '1'), `${TOKEN}\n`)
    expect(await givenFile.fetch(deps, AUDIENCE)).toBe(TOKEN)
  })

  test.each([
    ['is missing', () => undefined],
    ['is empty', (path: string) => writeFileSync(path, '\n')],
    ['is endless', (path: string) => symlinkSync('/dev/zero', path)],
    ['is far too large', (path: string) => writeFileSync(path, 'x'.repeat(100_000))],
  ])('one that %s is named', async (_, make) => {
    const file = join(directory(), 'token')
    make(file)
    const error = await failure(givenFile, { JIT_WORKLOAD_TOKEN_FILE: file })
    expect([error.code, error.message]).toEqual(['LOGIN_NEEDED', `${file} cannot be read, or is empty.`])
  })

  test('one that holds something else is not repeated', async () => {
    const file = join(directory(), 'token')
    writeFileSync(file, 'ghp_aSecretOfSomebodyElse')
    const error = await failure(givenFile, { JIT_WORKLOAD_TOKEN_FILE: file })
    expect(error.code).toBe('LOGIN_FAILED')
    expect(`${error.message} ${error.hint}`).not.toContain('ghp_')
  })
})

describe('Google Cloud', () => {
  test('the metadata server is asked in its own words, past a proxy', async () => {
    const seen: unknown[] = []
    const { port } = await serve(({ url, headers }, response) => {
      seen.push([url, headers['metadata-flavor']])
      response.end(TOKEN)
    })
    const direct: (boolean | undefined)[] = []
    const http: typeof nodeHttp = (request) => {
      direct.push(request.direct)
      return nodeHttp(request)
    }
    expect(await google.fetch(tokenDeps({ GCE_METADATA_HOST: `127.0.0.1:${port}` }, http), AUDIENCE)).toBe(TOKEN)
    const query = new URLSearchParams({ audience: AUDIENCE, format: 'full' }).toString()
    expect(seen).toEqual([[`/computeMetadata/v1/instance/service-accounts/default/identity?${query}`, 'Google']])
    expect(direct).toEqual([true])
  })

  test.each(['evil.example', 'evil.example@127.0.0.1', '169.254.169.254.evil.example', '10.0.0.1', 'a/b?'])(
    'a metadata host out on the network is not asked: %s',
    async (host) => {
      const { code } = await failure(google, { GCE_METADATA_HOST: host }, async () => {
        throw new Error('asked')
      })
      expect(code).toBe('LOGIN_FAILED')
    },
  )
})

describe('SPIFFE', () => {
  test('spire-agent is asked at the socket of the surroundings; of what it prints the token is taken', async () => {
    const PATH = directory()
    const { calls } = fakeProgram(
      PATH,
      'spire-agent',
      `printf 'token(spiffe://example/ci):\\n\\t${TOKEN}\\nbundle(x):\\n\\t{}\\n'`,
    )
    const env = { PATH, SPIFFE_ENDPOINT_SOCKET: 'unix:///run/spire.sock' }
    expect(await spiffe.fetch(tokenDeps(env), AUDIENCE)).toBe(TOKEN)
    expect(calls()).toEqual(['api', 'fetch', 'jwt', '-audience', AUDIENCE, '-socketPath', '/run/spire.sock'])
  })
})

describe('AWS', () => {
  test('a region is needed', async () => {
    expect((await failure(aws, {})).message).toBe('The region of AWS is not known here.')
  })
})

test('a background process of the job is told every variable that a source reads, and each mark leads to a source', async () => {
  const read = new Set<string>()
  const spying = (env: Environment): Environment =>
    new Proxy(env, {
      get: (_, name) => {
        if (typeof name === 'string') read.add(name)
        return typeof name === 'string' ? env[name] : undefined
      },
      ownKeys: () => [],
    })
  for (const source of SOURCES) {
    const around = tokenDeps(spying({ PATH: directory() }))
    source.isHere(around)
    source.jobOf(around)
    if (source !== aws) await source.fetch(around, AUDIENCE).catch(() => undefined)
  }
  expect([...read].filter((name) => !JOB_VARIABLES.includes(name) && name !== 'PATH')).toEqual([])
  expect(mayBeWorkload({ GITHUB_ACTIONS: 'true' })).toBe(true)
  expect(mayBeWorkload({ CI: 'true', PATH: '/bin', HOME: '/root' })).toBe(false)
})
