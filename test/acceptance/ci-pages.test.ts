import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { list, object, record, string } from '../../src/contract/narrow.ts'
import { isInstalled } from '../../src/platform/processes.ts'
import { type CiWorld, failureOf, githubEnv, type Job, RUNNER_BEARER, startCiWorld } from '../support/ci-world.ts'
import type { Ended } from '../support/launch.ts'
import { fakeProgram } from '../support/workload.ts'

const hasJq = isInstalled('jq', process.env, process.platform)
const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

let ci: CiWorld
beforeAll(async () => {
  ci = await startCiWorld()
})
afterAll(() => ci.close())

const readStep = object({ run: string, shell: string }, { name: string, env: record })
const readAction = object({ runs: object({ using: string, steps: list(readStep) }) }, { inputs: record })

/** A composite action as GitHub's runner runs it: expressions of `env:` are filled in, scripts are taken as they are. */
async function runAction(
  job: Job,
  name: 'elevate' | 'end',
  inputs: Readonly<Record<string, string>> = {},
): Promise<readonly Ended[]> {
  const action = readAction(parse(read(`.github/actions/${name}/action.yml`)), 'action')
  expect(action.runs.using).toBe('composite')
  const valueOf = (input: string): string => {
    const { default: usual } = record(record(action.inputs, 'inputs')[input], input)
    return inputs[input] ?? (typeof usual === 'string' ? usual : '')
  }
  const ended: Ended[] = []
  for (const { run, env = {} } of action.runs.steps) {
    const filled = Object.entries(env).map(([key, value]) => [
      key,
      String(value).replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, input: string) => valueOf(input)),
    ])
    const step = await job.bash(run, {
      ...exportedIn(job),
      ...Object.fromEntries(filled),
      GITHUB_ACTION_PATH: path.join(ROOT, '.github/actions', name),
      GITHUB_ENV: path.join(job.home, 'github-env'),
      GITHUB_PATH: path.join(job.home, 'github-path'),
      RUNNER_TEMP: path.join(job.home, 'temp'),
    })
    ended.push(step)
    if (step.code !== 0) break
  }
  return ended
}
/** What earlier steps exported to later ones. */
const exportedIn = (job: Job): Readonly<Record<string, string>> =>
  Object.fromEntries(
    githubEnvOf(job)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
const lastOf = (ended: readonly Ended[]): Ended => ended.at(-1) ?? { code: null, signal: null, stdout: '', stderr: '' }
const githubEnvOf = (job: Job): string => {
  const file = path.join(job.home, 'github-env')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

describe('the Actions', () => {
  test.each(['elevate', 'end'] as const)('%s: no expression stands in a script, where it would be code', (name) => {
    const { runs } = readAction(parse(read(`.github/actions/${name}/action.yml`)), 'action')
    for (const { run, shell } of runs.steps) {
      expect(run).not.toContain('${{')
      expect(shell).toBe('bash')
    }
  })

  test('elevate, use, end: later steps reach the grant, nothing secret is exported, nothing is left', async () => {
    const job = ci.job('action', githubEnv(ci.services, { JIT_ENDPOINT_URL: '' }))
    const inputs = { target: '  prod-db\n', endpoint: ci.url, for: '15m', ticket: 'OPS-1' }
    const elevated = lastOf(await runAction(job, 'elevate', inputs))
    expect(failureOf(elevated)).toBe('')
    expect(exportedIn(job)).toEqual({
      JIT_ENDPOINT_URL: ci.url,
      JIT_STATE_DIR: path.join(job.home, 'temp/jit/state'),
      JIT_RUNTIME_DIR: path.join(job.home, 'temp/jit/run'),
    })
    expect((await job.jit('status', '--json')).stdout).toContain('"grants":[]') // a job of the same user knows nothing of it
    const used = await job.bash('jit exec prod-db -- sh -c \'cat "$AWS_SHARED_CREDENTIALS_FILE"\'', exportedIn(job))
    const [key = ''] = /ASIA[A-Z0-9]{12,}/.exec(used.stdout) ?? []
    expect(key).not.toBe('')
    expect(lastOf(await runAction(job, 'end'))).toMatchObject({ code: 0 })
    expect(job.holding(key)).toEqual([])
    expect(job.holding('accessToken')).toEqual([])
  })

  test.concurrent.each([
    ['target', '$(touch hit) `touch hit` ;touch hit;'],
    ['target', 'prod-db --as-default'],
    ['target', '"; touch hit; "'],
    ['target', 'prod-d*'],
    ['for', '$(touch hit)'],
    ['for', "1h'; touch hit; '"],
    ['deliver', '$(touch hit)'],
    ['wait-timeout', '"$(touch hit)"'],
    ['version', '$(touch hit)'],
    ['endpoint', 'https://x.example/$(touch hit)'],
    ['endpoint', 'https://x.example\nPATH=/evil'],
    ['endpoint', "https://x.example'; touch hit"],
  ])('%s: %j is taken for what it is, and refused', async (input, hostile) => {
    const job = ci.job(`hostile ${input} ${hostile.length}`, githubEnv(ci.services))
    writeFileSync(path.join(job.home, 'prod-db'), '') // what a pattern would find
    const inputs = { target: 'prod-db', for: '15m', [input]: hostile }
    const { code } = lastOf(await runAction(job, 'elevate', inputs))
    expect(code).toBeGreaterThan(0)
    expect(readdirSync(job.home)).not.toContain('hit')
    expect(Object.keys(exportedIn(job)).toSorted()).toEqual(
      githubEnvOf(job) === '' ? [] : ['JIT_RUNTIME_DIR', 'JIT_STATE_DIR'],
    )
  })

  test('a reason may hold anything, and arrives whole', async () => {
    const job = ci.job('reason', githubEnv(ci.services))
    const reason = `--json '"$(touch hit)\` \\n %0A ü`
    const { code } = lastOf(await runAction(job, 'elevate', { target: 'staging-db', reason, 'wait-timeout': '1s' }))
    expect(code).toBe(5)
    const [file = ''] = job.holding('"reason":')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ reason, targets: ['staging-db'] })
    expect(readdirSync(job.home)).not.toContain('hit')
  })

  test('where no jit is installed it is built from the commit of the action, and on the PATH from then on', async () => {
    const job = ci.job('built', githubEnv(ci.services))
    const bare = path.join(job.home, 'bare')
    const node = fakeProgram(bare, 'node', `[ "$1" = .ci/setup.cjs ] || exec '${process.execPath}' "$@"`)
    const npm = fakeProgram(bare, 'npm', 'exit 0')
    const withoutJit: Job = {
      ...job,
      bash: (script, env) => job.bash(script, { ...env, PATH: `${bare}:/usr/bin:/bin` }),
    }
    const [installed] = await runAction(withoutJit, 'elevate', { target: 'prod-db', version: '0.1.0' })
    expect(installed?.stderr).toBe('')
    expect([node.calls()[0], npm.calls()]).toEqual(['.ci/setup.cjs', ['run', '--silent', 'build']])
    const [programs = ''] = readFileSync(path.join(job.home, 'github-path'), 'utf8').trim().split('\n')
    const { stdout } = await job.bash('jit --version', { PATH: `${programs}:/usr/bin:/bin` })
    expect(stdout).toBe('0.1.0\n')
  })

  test('end does nothing, and fails nothing, where elevate never came as far as a program', async () => {
    const job = ci.job('nothing', githubEnv(ci.services))
    const withoutJit: Job = { ...job, bash: (script, env) => job.bash(script, { ...env, PATH: '/usr/bin:/bin' }) }
    expect(lastOf(await runAction(withoutJit, 'end'))).toMatchObject({ code: 0 })
  })
})

/** The YAML of one section of docs/ci.md. */
function snippet(section: string): unknown {
  const [, text = ''] = read('docs/ci.md').split(`\n## ${section}\n`)
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? []
  return parse(yaml)
}

/** Every command in a snippet, in order, wherever the platform has it. */
function commandsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(commandsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    if (['run', 'bash', 'command'].includes(name) && typeof each === 'string') return [each]
    if (['script', 'commands'].includes(name) && Array.isArray(each)) return each.map(String)
    return commandsIn(each)
  })
}

type Outcome = { readonly failures: readonly string[]; readonly left: readonly string[] }
const WELL: Outcome = { failures: [], left: [] }

/** Runs the commands as the platform would: one shell each, but for Buildkite and GitLab, which have one for all. `left`: files with secrets. */
async function outcomeOf(job: Job, commands: readonly string[], together: boolean): Promise<Outcome> {
  const failures: string[] = commands.length < 3 ? ['hardly any command was found'] : []
  for (const script of together ? [commands.join('\n')] : commands) {
    const failure = failureOf(await job.bash(script))
    if (failure !== '') failures.push(`${script}: ${failure}`)
  }
  return { failures, left: [...job.holding('aws_secret_access_key'), ...job.holding('accessToken')] }
}

describe('the snippets of docs/ci.md', () => {
  test('GitHub', async () => {
    const job = ci.job('docs-github', githubEnv(ci.services))
    const [used = '', ...others] = commandsIn(snippet('GitHub Actions'))
    expect(others).toEqual([])
    const { jobs } = object({ jobs: object({ deploy: object({ steps: list(record), permissions: record }) }) })(
      snippet('GitHub Actions'),
      'workflow',
    )
    expect(jobs.deploy.permissions).toMatchObject({ 'id-token': 'write' })
    const [first, , last] = jobs.deploy.steps
    expect(String(first?.['uses'])).toMatch(/\/\.github\/actions\/elevate@/)
    expect([String(last?.['uses']), last?.['if']]).toEqual([
      expect.stringMatching(/\/\.github\/actions\/end@/),
      'always()',
    ])
    const wanted = Object.entries(record(first?.['with'], 'with')).map(([key, value]) => [key, String(value)])
    expect(lastOf(await runAction(job, 'elevate', Object.fromEntries(wanted)))).toMatchObject({ code: 0 })
    expect((await job.bash(used)).stdout).toMatch(/^until 20\d\d-/)
    expect(lastOf(await runAction(job, 'end'))).toMatchObject({ code: 0 })
  })

  test('GitLab, with the part that is included', async () => {
    const shared = object({ '.jit': object({ after_script: list(string), id_tokens: record }) })
    const part = shared(parse(read('docs/ci/gitlab.yml')), 'file')['.jit']
    expect(Object.keys(part.id_tokens)).toEqual(['JIT_ID_TOKEN'])
    const job = ci.job('docs-gitlab', { GITLAB_CI: 'true', CI_JOB_ID: '1', JIT_ID_TOKEN: await ci.token('gitlab') })
    expect(await outcomeOf(job, [...commandsIn(snippet('GitLab')), ...part.after_script], true)).toEqual(WELL)
  })

  test('CircleCI', async () => {
    const job = ci.job('docs-circleci', { CIRCLECI: 'true', CIRCLE_WORKFLOW_JOB_ID: '1' })
    fakeProgram(job.programs, 'circleci', `echo '${await ci.token('circleci')}'`)
    expect(await outcomeOf(job, commandsIn(snippet('CircleCI')), false)).toEqual(WELL)
  })

  test('Buildkite', async () => {
    const job = ci.job('docs-buildkite', { BUILDKITE: 'true', BUILDKITE_JOB_ID: '1' })
    const token = await ci.token('buildkite')
    fakeProgram(job.programs, 'buildkite-agent', `case "$1" in oidc) echo '${token}' ;; *) cat > /dev/null ;; esac`)
    const commands = commandsIn(snippet('Buildkite')).map((each) => each.replaceAll('$$', '$')) // as the agent reads them
    expect(await outcomeOf(job, commands, true)).toEqual(WELL)
  })

  test('Azure DevOps', async () => {
    const env = { TF_BUILD: 'True', SYSTEM_OIDCREQUESTURI: `${ci.services}/azure`, SYSTEM_ACCESSTOKEN: RUNNER_BEARER }
    expect(await outcomeOf(ci.job('docs-azure', env), commandsIn(snippet('Azure DevOps')), false)).toEqual(WELL)
  })

  test('Kubernetes', async () => {
    const { spec } = object({ spec: object({ containers: list(object({ command: list(string) })) }) })(
      snippet('Kubernetes'),
      'pod',
    )
    const [program, ...args] = spec.containers[0]?.command ?? []
    expect(program).toBe('jit')
    const file = path.join(ci.world.directory, 'docs.token')
    writeFileSync(file, await ci.token('kubernetes'))
    const ended = await ci.job('docs-kubernetes', { JIT_WORKLOAD_TOKEN_FILE: file }).jit(...args)
    expect([failureOf(ended), ended.stdout]).toEqual(['', expect.stringMatching(/^until 20/)])
  })

  test.skipIf(!hasJq)('asking in one job and collecting in a later one', async () => {
    const [, text = ''] = read('docs/ci.md').split('\n## Asking, and collecting later\n')
    const [, block = ''] = /```\n(.*--no-wait[\s\S]*?)```/.exec(text) ?? []
    const [ask = '', collect = '', ...others] = block
      .replaceAll('prod-db', 'staging-db') // the one that people decide about here
      .trim()
      .split('\n')
    expect(others).toEqual([])
    const first = ci.job('docs-asks', githubEnv(ci.services, { GITHUB_JOB: 'ask' }))
    expect(failureOf(await first.bash(ask))).toBe('')
    const asked = readFileSync(path.join(first.home, 'request.json'), 'utf8')
    const bob = ci.world.person('bob')
    expect(failureOf(await bob.logIn())).toBe('')
    expect(failureOf(await bob.jit('approve', object({ request: string })(JSON.parse(asked), 'answer').request))).toBe(
      '',
    )
    const second = ci.job('docs-collects', githubEnv(ci.services, { GITHUB_JOB: 'collect' }))
    writeFileSync(path.join(second.home, 'request.json'), asked)
    expect(failureOf(await second.bash(collect))).toBe('')
    expect((await second.jit('status')).stdout).toContain('staging-db')
    expect(failureOf(await second.jit('revoke', '--all'))).toBe('')
  })
})
