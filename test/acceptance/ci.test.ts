import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CiWorld, failureOf, githubEnv, type Job, RUNNER_BEARER, startCiWorld } from '../support/ci-world.ts'
import { CI_JOBS } from '../support/ci-jobs.ts'
import type { CiProvider } from '../support/ci-platforms.ts'
import { background } from '../../src/cli/background.ts'
import { LeaseStore } from '../../src/client/leases/store.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { machineId } from '../../src/platform/machine.ts'
import { places as placesOf } from '../../src/platform/places.ts'
import { ageSlices } from '../support/aged-slice.ts'
import { eventually } from '../support/eventually.ts'
import { launch } from '../support/launch.ts'
import { killReapersOf } from '../support/reapers.ts'

let ci: CiWorld
beforeAll(async () => {
  ci = await startCiWorld()
})
afterAll(() => ci.close())

const BIN = path.resolve(import.meta.dirname, '../../bin/jit.js')
const KEY = /ASIA[A-Z0-9]{12,}/
/** Reads what it was given, as a program of the pipeline would. */
const READ = ['sh', '-c', 'cat "$AWS_SHARED_CREDENTIALS_FILE"'] as const

describe('a job that elevates, runs one program with the grant, and ends it leaves nothing', () => {
  test.concurrent.each(Object.keys(CI_JOBS) as CiProvider[])('at %s', async (provider) => {
    const job = await CI_JOBS[provider](ci, `whole-${provider}`)
    const elevated = await job.jit('elevate', 'prod-db', '--for', '20m', '--reason', 'migration')
    expect(failureOf(elevated)).toBe('')
    const ran = await job.jit('exec', 'prod-db', '--', ...READ)
    const [key = ''] = KEY.exec(ran.stdout) ?? []
    expect(key).not.toBe('')
    expect(`${elevated.stdout}${elevated.stderr}`.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(key)
    const revoked = await job.jit('revoke', '--all')
    expect(failureOf(revoked)).toBe('')
    expect(job.holding(key)).toEqual(provider === 'buildkite' ? [path.join(job.home, 'redacted')] : [])
    expect((await job.jit('logout')).stderr).toContain('Logged out.')
    expect(job.holding('accessToken')).toEqual([])
  })
})

describe('the login of a job', () => {
  test('is one for all of its steps, also of those that run at the same time, and lies in one private file', async () => {
    const job = ci.job('steps', githubEnv(ci.services))
    const before = ci.made()
    const all = await Promise.all([
      job.jit('whoami', '--json'),
      job.jit('targets'),
      job.jit('whoami'),
      job.jit('targets'),
    ])
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect((await job.jit('whoami')).stdout).toContain('pipelines: shop-github')
    expect(ci.made() - before).toBe(1)
    expect(JSON.parse(all[0].stdout)).toMatchObject({
      flow: 'workload',
      pipelines: ['shop-github'],
      person: { subject: 'repo:acme@4711/shop@815:ref:refs/heads/main' },
    })
    expect(job.holding('accessToken')).toHaveLength(1)
    expect(job.holding(RUNNER_BEARER)).toEqual([])
  })

  test('of GitLab is renewed with the very token that it began with, once the access token is spent', async () => {
    const job = await CI_JOBS.gitlab(ci, 'renewed')
    expect((await job.jit('targets')).code).toBe(0)
    const [file = ''] = job.holding('accessToken')
    const login = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...login, accessTokenExpiresAt: 1 }))
    expect((await job.jit('targets')).code).toBe(0)
    writeFileSync(file, '{}') // the key is lost: the token is of no more use
    const refused = await job.jit('targets')
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain('was used before, with another key')
  })

  test.concurrent.each([
    ['GitHub without the permission', { GITHUB_ACTIONS: 'true' }, 'permissions: id-token: write'],
    ['GitLab without id_tokens', { GITLAB_CI: 'true' }, 'id_tokens: { JIT_ID_TOKEN:'],
    ['an unknown platform', {}, 'JIT_WORKLOAD_TOKEN'],
    ['GitHub, switched off', { GITHUB_ACTIONS: 'true', JIT_WORKLOAD: 'off' }, 'JIT_WORKLOAD_TOKEN'],
    ['a misspelt choice', { JIT_WORKLOAD: 'guthib' }, 'github, gitlab'],
    ['no endpoint', { ...githubEnv('http://127.0.0.1:1'), JIT_ENDPOINT_URL: '' }, 'JIT_ENDPOINT_URL'],
  ])('says what is missing: %s', async (name, env, hint) => {
    const said = await ci.job(`missing ${name}`, env).jit('elevate', 'prod-db', '--reason', 'x')
    expect([2, 4]).toContain(said.code)
    expect(said.stderr).toContain(hint)
  })

  test('is refused by the endpoint for a pull request, in its words', async () => {
    const job = ci.job(
      'pull request',
      githubEnv(ci.services, {}, { event_name: 'pull_request', ref: 'refs/pull/1/merge' }),
    )
    const { code, stderr } = await job.jit('elevate', 'prod-db', '--reason', 'x')
    expect(code).toBeGreaterThan(2)
    expect(stderr).not.toContain('jit login')
  })

  test('is named by a flag too', async () => {
    const job = ci.job('flag', githubEnv(ci.services))
    expect((await job.jit('whoami', '--workload', 'gitlab')).stderr).toContain('This GitLab job has no ID token')
    expect((await job.jit('--workload=github', 'whoami')).code).toBe(0)
  })

  test('needs no jit login: that ends at once, and says what works', async () => {
    const job = ci.job('no login', githubEnv(ci.services))
    const before = ci.made()
    const { code, stdout, stderr } = await job.jit('login', '--device')
    expect([code, stdout, ci.made() - before]).toEqual([2, '', 0])
    expect(stderr).toMatch(/not needed here.*GitHub Actions[^]*jit elevate TARGET/)
  })
})

describe('what people decide', () => {
  test('one job asks and goes, another of the same run collects with its own key, one of another run does not', async () => {
    const asking = ci.job('asks', githubEnv(ci.services, { GITHUB_JOB: 'ask' }))
    const asked = await asking.jit('elevate', 'staging-db', '--for', '15m', '--no-wait', '--json')
    expect(asked.code).toBe(5)
    const { request } = JSON.parse(asked.stdout) as { request: string }
    const stranger = ci.job('strange', githubEnv(ci.services, { GITHUB_RUN_ID: '43' }, { run_id: '43' }))
    const refused = await stranger.jit('elevate', '--request', request, '--no-wait')
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining(`Request ${request} cannot be collected`),
    ])
    expect((await stranger.jit('requests', request)).code).toBe(0)
    const bob = ci.world.person('bob')
    expect((await bob.logIn()).code).toBe(0)
    expect((await bob.jit('requests', '--to-review')).stdout).toContain('https://github.com/acme/shop/actions/runs/42')
    expect((await bob.jit('approve', request)).code).toBe(0)

    // where a person is logged in, a job speaks for itself all the same
    const onHisMachine = ci.world.person('bob', githubEnv(ci.services))
    expect((await onHisMachine.jit('whoami')).stdout).toContain('pipelines: shop-github')
    expect((await onHisMachine.jit('whoami', '--workload', 'off')).stdout).toContain('bob@corp.example')
    const mute = await ci.world.person('bob', { GITHUB_ACTIONS: 'true' }).jit('whoami')
    expect([mute.code, mute.stderr]).toEqual([4, expect.stringContaining('--workload off')])

    const later = ci.job('later', githubEnv(ci.services, { GITHUB_JOB: 'collect' }))
    const collected = await later.jit('elevate', '--request', request)
    expect(failureOf(collected)).toBe('')
    const [key = 'no key'] = KEY.exec((await later.jit('exec', 'staging-db', '--', ...READ)).stdout) ?? []
    expect(later.holding(key)).toHaveLength(1)
    const killed = await bob.jit('kill', '--pipeline', 'shop-github', '--reason', 'stolen', '--json')
    const { stop } = JSON.parse(killed.stdout) as { stop: { id: string } }
    expect(await eventually(() => later.holding(key), [], { withinMs: 60_000 })).toEqual([])
    const again = await later.jit('elevate', 'prod-db', '--for', '15m', '--reason', 'x')
    expect(`${again.code} ${again.stderr}`).toMatch(/^3 [^]*stopped for pipeline shop-github: stolen/)
    expect((await bob.jit('kill', '--lift', stop.id)).stderr).toContain('pipeline shop-github may ask again')
    await later.jit('revoke', '--all')
  })

  test('a job waits no longer than it is told', async () => {
    const job = ci.job('waits', githubEnv(ci.services))
    const { code, stderr } = await job.jit('elevate', 'staging-db', '--for', '15m', '--wait-timeout', '1s')
    expect(code).toBe(5)
    expect(stderr).toMatch(/Come back: jit elevate --request \S+/)
  })
})

describe('a grant that is longer than a slice', () => {
  /** As if its first slice and the access token of the login were over, and nobody had been there. */
  async function late(name: string): Promise<{ readonly job: Job; readonly key: string }> {
    const job = ci.job(name, githubEnv(ci.services))
    expect(failureOf(await job.jit('elevate', 'prod-db', '--for', '2h'))).toBe('')
    killReapersOf(job.home)
    const [key = 'no key'] = KEY.exec((await job.jit('exec', 'prod-db', '--', ...READ)).stdout) ?? []
    ageSlices(new LeaseStore(nodeFileSystem, systemClock, path.join(job.home, '.local/state/jit', machineId())))
    const [file = ''] = job.holding('accessToken')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"accessTokenExpiresAt":\d+/, '"accessTokenExpiresAt":1'))
    return { job, key }
  }

  test('goes on in the step that uses it', async () => {
    const { job, key } = await late('renews')
    const { stdout } = await job.jit('exec', 'prod-db', '--', ...READ)
    expect(stdout).toMatch(KEY)
    expect(stdout).not.toContain(key)
    expect(failureOf(await job.jit('revoke', '--all'))).toBe('')
  })

  test('goes on while a program runs for hours: the reaper knows of its surroundings what a login takes', async () => {
    const { job, key } = await late('reaps')
    const host = { process: { ...process, env: job.env }, home: job.home, hostname: 'runner', script: BIN }
    const places = placesOf({ env: job.env, home: job.home, platform: 'linux', cwd: job.home })
    const { file, args, env } = background('reap', host, places)
    const reaper = launch(file, args, env)
    expect(await eventually(() => job.holding(key).length, 0)).toBe(0)
    expect(job.holding('aws_secret_access_key')).toHaveLength(1)
    expect(failureOf(await job.jit('revoke', '--all'))).toBe('')
    expect((await reaper.done).code).toBe(0)
  })
})

describe('a job that goes wrong', () => {
  test('cancelled while its program runs: the program hears it, and nothing is left', async () => {
    const job = ci.job('cancelled', githubEnv(ci.services))
    const script = 'cat "$AWS_SHARED_CREDENTIALS_FILE"; trap "exit 9" TERM; echo ready >&2; while :; do sleep 0.1; done'
    const running = job.start('exec', 'prod-db', '--for', '15m', '--', 'sh', '-c', script)
    await running.says(/^ready$/m)
    running.kill('SIGTERM')
    const { code, stdout } = await running.done
    expect(code).toBe(9)
    expect(job.holding(KEY.exec(stdout)?.[0] ?? 'no key')).toEqual([])
    expect((await job.jit('status', '--json')).stdout).toContain('"grants":[]')
  })

  test('killed at once: the step that always runs ends what it was given', async () => {
    const job = ci.job('killed', githubEnv(ci.services))
    const script = 'cat "$AWS_SHARED_CREDENTIALS_FILE"; echo ready >&2; exec sleep 1'
    const running = job.start('exec', 'prod-db', '--for', '15m', '--', 'sh', '-c', script)
    await running.says(/^ready$/m)
    running.kill('SIGKILL')
    const [key = 'no key'] = KEY.exec((await running.done).stdout) ?? []
    expect(job.holding(key)).toHaveLength(1)
    expect((await job.jit('revoke', '--all')).code).toBe(0)
    expect(job.holding(key)).toEqual([])
  })

  test('without network at its end: everything is wiped, and the endpoint is told later', async () => {
    const job = ci.job('offline', githubEnv(ci.services))
    expect((await job.jit('elevate', 'prod-db', '--for', '15m')).code).toBe(0)
    const [key = 'no key'] = KEY.exec((await job.jit('exec', 'prod-db', '--', ...READ)).stdout) ?? []
    await ci.world.endpoint.stop()
    const offline = await job.jit('revoke', '--all')
    await ci.world.endpoint.start()
    expect(offline.code).toBe(6)
    expect(job.holding(key)).toEqual([])
    expect(JSON.parse((await job.jit('sweep', '--json')).stdout)).toMatchObject({ queued: 0 })
  })
})

describe('the log of a job', () => {
  test('of GitHub learns on stderr what to hide, before the secret is on disk; stdout stays for machines', async () => {
    const job = ci.job('masked', githubEnv(ci.services))
    const { stdout, stderr } = await job.jit('elevate', 'prod-db', '--for', '15m', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ grants: [{ target: 'prod-db' }] })
    const file = (await job.jit('exec', 'prod-db', '--', ...READ)).stdout
    const secrets = [...file.matchAll(/^aws_\w+ *= *(\S+)$/gm)].map(([, value = '']) => value)
    expect(secrets).toHaveLength(3)
    for (const secret of secrets) expect(stderr).toContain(`::add-mask::${secret.replaceAll('%', '%25')}\n`)
    const captured = await job.bash('eval "$(jit env prod-db --shell bash)"; echo "profile=$AWS_PROFILE"')
    expect(captured.stdout).toBe('profile=jit-prod-db\n')
    await job.jit('revoke', '--all')
  })

  test('never holds a secret where stderr is kept in a file, or the platform knows no such command', async () => {
    const job = ci.job('kept', githubEnv(ci.services))
    await job.bash('jit elevate prod-db --for 15m 2> "$HOME/log"')
    const [key = 'no key'] = KEY.exec((await job.jit('exec', 'prod-db', '--', ...READ)).stdout) ?? []
    expect(readFileSync(path.join(job.home, 'log'), 'utf8')).not.toMatch(KEY)
    expect(job.holding(key)).toHaveLength(1)
    await job.jit('revoke', '--all')
    const unasked = await job.bash('JIT_LOG_MASKS=0 jit elevate prod-db --for 15m')
    expect([unasked.code, unasked.stderr]).toEqual([0, expect.not.stringMatching(KEY)])
    await job.jit('revoke', '--all')
    const gitlab = await CI_JOBS.gitlab(ci, 'unmasked')
    expect((await gitlab.jit('elevate', 'prod-db', '--for', '15m')).stderr).not.toMatch(KEY)
    await gitlab.jit('revoke', '--all')
  })

  test('of Buildkite hides what its agent is handed by stdin', async () => {
    const job = await CI_JOBS.buildkite(ci, 'redacted')
    const { stderr } = await job.jit('elevate', 'prod-db', '--for', '15m')
    expect(stderr).not.toMatch(KEY)
    expect(Object.values(JSON.parse(readFileSync(path.join(job.home, 'redacted'), 'utf8')) as object)).toHaveLength(3)
    await job.jit('revoke', '--all')
  })
})
