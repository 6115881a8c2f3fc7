import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import { jobLoginStore } from '../../../src/client/identity/job-login-store.ts'
import type { WithLock } from '../../../src/client/identity/types.ts'
import { jobId, openJobIdentity } from '../../../src/client/job-login.ts'
import { github } from '../../../src/client/workload/github.ts'
import { gitlab } from '../../../src/client/workload/gitlab.ts'
import { givenFile, givenToken } from '../../../src/client/workload/given.ts'
import type { TokenSource } from '../../../src/client/workload/types.ts'
import type { Discovery } from '../../../src/contract/discovery.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { nodeHttp } from '../../../src/platform/http-node.ts'
import { systemRandom } from '../../../src/platform/random.ts'
import { problem, startFakeEndpoint } from '../../support/fake-endpoint.ts'
import { tempDirectory } from '../../support/temp-directory.ts'
import { tokenDeps, unsignedToken } from '../../support/workload.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0)) await each()
})

function oneAtATime(): WithLock {
  let last: Promise<unknown> = Promise.resolve()
  return (_name, work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}

type Options = {
  readonly workloads?: Discovery['workloads'] | 'none'
  readonly env?: Readonly<Record<string, string>>
  readonly isPersonHere?: boolean
}

/** A job of GitLab, whose one token the endpoint takes again only with the key that it came with first. */
async function job({
  workloads = { audience: 'https://jit.example', providers: ['gitlab'] },
  env = {},
  isPersonHere = false,
}: Options = {}) {
  const idp = { issuer: 'https://idp.example', clients: {}, scopes: [] }
  const endpoint = await startFakeEndpoint({ idp, accessTokenSeconds: 45 })
  const made = tempDirectory()
  const runtime = made.path
  undo.push(
    () => made.remove(),
    () => endpoint.close(),
  )
  const { url } = endpoint
  endpoint.route('GET /.well-known/jit-configuration', () => ({
    json: { protocol: 1, endpoint: url, idp, ...(workloads === 'none' ? {} : { workloads }) },
  }))
  const withLock = oneAtATime()
  let ahead = 0
  const clock = { ...systemClock, now: () => Date.now() + ahead }
  const around = tokenDeps(
    {
      GITLAB_CI: 'true',
      CI_JOB_ID: '7',
      JIT_ID_TOKEN: unsignedToken({ iss: 'https://gitlab.example', sub: 'job' }),
      ...env,
    },
    nodeHttp,
  )
  const process = (more: Readonly<Record<string, string>> = {}, source: TokenSource = gitlab) => {
    const deps = { ...around, env: { ...around.env, ...more } }
    const store = jobLoginStore({ runtime, endpoint: url, job: jobId(source, deps) })
    return openJobIdentity({
      ...deps,
      source,
      endpoint: url,
      store,
      clock,
      random: systemRandom,
      platform: 'linux',
      withLock,
      isPersonHere,
    })
  }
  const sessions = () =>
    endpoint.seen.filter(({ url: path, headers }) => path === '/v1/sessions' && isAnswered(headers)).length
  return { endpoint, runtime, process, sessions, goAhead: (ms: number) => void (ahead = ms) }
}
/** The first try of a process has no nonce yet. */
const isAnswered = ({ dpop }: Readonly<Record<string, unknown>>): boolean =>
  String(Buffer.from(String(dpop).split('.')[1] ?? '', 'base64url')).includes('"nonce"')

describe('the login of a job', () => {
  test('is made once for 20 processes at the same time, which share its key', async () => {
    const { process, sessions } = await job()
    const identities = await Promise.all(Array.from({ length: 20 }, () => process()))
    const tokens = await Promise.all(identities.map((each) => each.accessToken({ renew: false })))
    expect(new Set(tokens)).toEqual(new Set(['at-1-job']))
    expect(new Set(identities.map(({ jkt }) => jkt)).size).toBe(1)
    expect(sessions()).toBe(1)
  })

  test('is renewed with the same key when the access token ends, by one process for all', async () => {
    const { process, sessions, goAhead } = await job()
    const before = await process()
    const key = before.jkt
    goAhead(20_000)
    const after = await Promise.all([process(), process()])
    const tokens = await Promise.all([before, ...after].map((each) => each.accessToken({ renew: false })))
    expect(new Set(tokens)).toEqual(new Set(['at-2-job']))
    expect([before, ...after].map(({ jkt }) => jkt)).toEqual([key, key, key])
    expect(sessions()).toBe(2)
  })

  test('lies in one file that nobody else can read, and is of no use to another job', async () => {
    const { process, runtime, sessions } = await job()
    const { jkt } = await process()
    const [file = '', ...others] = readdirSync(runtime)
    expect(others).toEqual([])
    expect(statSync(join(runtime, file)).mode & 0o777).toBe(0o600)
    expect((await process({ CI_JOB_ID: '8' })).jkt).not.toBe(jkt)
    expect(sessions()).toBe(2)
    expect(readdirSync(runtime)).toHaveLength(2)
  })

  test('another job that takes the file of the first for its own is not believed', async () => {
    const { process, runtime, sessions } = await job()
    await process()
    const [file = ''] = readdirSync(runtime)
    await process({ CI_JOB_ID: '8' })
    const other = readdirSync(runtime).find((each) => each !== file) ?? ''
    writeFileSync(join(runtime, other), readFileSync(join(runtime, file)))
    await process({ CI_JOB_ID: '8' })
    expect(sessions()).toBe(3)
  })

  test('of a job that was killed the day before is gone with the next login of another, and nothing else is', async () => {
    const { process, runtime } = await job()
    const yesterday = Date.now() / 1000 - 25 * 3600
    for (const name of ['job-0123456789abcdef.json', 'job-notes.json', 'job-fedcba9876543210.json'])
      writeFileSync(join(runtime, name), '{}')
    for (const name of ['job-0123456789abcdef.json', 'job-notes.json'])
      utimesSync(join(runtime, name), yesterday, yesterday)
    await process()
    expect(readdirSync(runtime)).not.toContain('job-0123456789abcdef.json')
    expect(readdirSync(runtime)).toEqual(expect.arrayContaining(['job-notes.json', 'job-fedcba9876543210.json']))
  })

  test('that is torn is made anew', async () => {
    const { process, runtime, sessions } = await job()
    await process()
    const [file = ''] = readdirSync(runtime)
    writeFileSync(join(runtime, file), readFileSync(join(runtime, file)).subarray(0, 100))
    await process()
    expect(sessions()).toBe(2)
  })
})

describe('a job that cannot log in', () => {
  const failure = async (open: Promise<unknown>): Promise<JitError> =>
    open.then(
      () => new JitError('USAGE', 'It worked.', ''),
      (error: JitError) => error,
    )

  test.each<[string, Options['workloads']]>([
    ['takes none of any pipeline', 'none'],
    ['takes those of github, kubernetes', { audience: 'a', providers: ['github', 'kubernetes'] }],
  ])('is told that the endpoint %s', async (words, workloads) => {
    const { process } = await job({ workloads })
    const { code, message } = await failure(process())
    expect(code).toBe('LOGIN_NEEDED')
    expect(message).toContain(`it ${words}`)
  })

  test('is not told that nobody is logged in where somebody is', async () => {
    const said = await (await job({ workloads: 'none', isPersonHere: true }))
      .process()
      .catch((thrown: unknown) => thrown)
    expect(said).toMatchObject({
      message: expect.stringMatching(/^This job cannot log in: .* takes no ID tokens of GitLab CI \(/),
      hint: 'Ask the people who run it to add this pipeline.',
    })
  })

  test('is told what is wrong with the token that it names itself, by its variable, before what the endpoint takes', async () => {
    const { process } = await job({ workloads: 'none' })
    await expect(process({ JIT_WORKLOAD_TOKEN_FILE: '/nope' }, givenFile)).rejects.toMatchObject({
      message: '/nope cannot be read, or is empty.',
      hint: 'It is what JIT_WORKLOAD_TOKEN_FILE names.',
    })
    await expect(process({ JIT_WORKLOAD_TOKEN: 'garbage' }, givenToken)).rejects.toMatchObject({
      message: 'What came from JIT_WORKLOAD_TOKEN is no ID token.',
    })
    const token = unsignedToken({ iss: 'https://issuer.example', sub: 'job' })
    await expect(process({ JIT_WORKLOAD_TOKEN: token }, givenToken)).rejects.toThrow(
      'takes no ID tokens of JIT_WORKLOAD_TOKEN (it takes none of any pipeline).',
    )
  })

  test('is told what the endpoint holds against its token, and not to type jit login', async () => {
    const { process, endpoint, runtime } = await job()
    endpoint.route('POST /v1/sessions', () =>
      problem('invalid_token', 'The token of gitlab was used before, with another key.'),
    )
    const { code, message, hint } = await failure(process())
    expect([code, message]).toEqual(['LOGIN_NEEDED', 'The token of gitlab was used before, with another key.'])
    expect(hint).not.toContain('jit login')
    expect(existsSync(runtime) ? readdirSync(runtime) : []).toEqual([])
  })

  test('is told what its platform needs, before the endpoint is asked for a session', async () => {
    const { process, sessions } = await job({ workloads: { audience: 'a', providers: ['github'] } })
    const { hint } = await failure(process({ GITHUB_ACTIONS: 'true' }, github))
    expect(hint).toContain('id-token: write')
    expect(sessions()).toBe(0)
  })
})
