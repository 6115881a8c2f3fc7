import { describe, expect, test } from 'vitest'
import type { Environment } from '../../../../src/base/environment.ts'
import { maskInLog } from '../../../../src/client/workload/log-masks.ts'
import type { Program } from '../../../../src/platform/processes.ts'

const GITHUB = { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '1', RUNNER_NAME: 'r', RUNNER_TEMP: '/t' }
const AZURE = { TF_BUILD: 'True', SYSTEM_JOBID: 'j', AGENT_ID: '3', BUILD_BUILDID: '7' }
const SECRET = 'wJalrXUtnFEMI/K7MDENG'

async function masked(env: Environment, secrets: readonly string[], { errIsPiped = true, exitCode = 0 } = {}) {
  const notes: string[] = []
  const programs: (Program & { readonly input?: string })[] = []
  const told = await maskInLog(
    {
      env,
      errIsPiped,
      note: (line) => void notes.push(line),
      isOnPath: () => true,
      run: async (program) => {
        programs.push(program)
        return { code: exitCode, stdout: '', stderr: '' }
      },
    },
    secrets,
  )
  return { notes, programs, told }
}

describe('a secret in the log of a job', () => {
  test('is hidden by the runner of GitHub, line by line, with the escape of its commands', async () => {
    const { notes } = await masked(GITHUB, [`a%0Ab-${SECRET}\r\n{\n::stop-commands::x-${SECRET}`, SECRET, SECRET])
    expect(notes).toEqual([
      `::add-mask::a%250Ab-${SECRET}`,
      `::add-mask::::stop-commands::x-${SECRET}`,
      `::add-mask::${SECRET}`,
    ])
  })

  test('with a lone carriage return, which ends a line for a runner too, is no command and no open rest', async () => {
    const { notes } = await masked(GITHUB, [`a-${SECRET}\r::stop-commands::x-${SECRET}\rb-${SECRET}`])
    expect(notes).toEqual([
      `::add-mask::a-${SECRET}`,
      `::add-mask::::stop-commands::x-${SECRET}`,
      `::add-mask::b-${SECRET}`,
    ])
  })

  test('is hidden by the agent of Azure DevOps', async () => {
    expect((await masked(AZURE, [`50%${SECRET}`])).notes).toEqual([`##vso[task.setsecret]50%AZP25${SECRET}`])
  })

  test('is hidden by the agent of Buildkite, which reads it from stdin and nowhere else', async () => {
    const { notes, programs, told } = await masked({ BUILDKITE: 'true', BUILDKITE_JOB_ID: '1', PATH: '/bin' }, [SECRET])
    expect(notes).toEqual([])
    expect(told).toBe(true)
    expect(programs).toEqual([
      {
        file: 'buildkite-agent',
        args: ['redactor', 'add', '--format', 'json'],
        env: { BUILDKITE: 'true', BUILDKITE_JOB_ID: '1', PATH: '/bin' },
        input: JSON.stringify({ 'jit-0': SECRET }),
      },
    ])
    expect((await masked({ BUILDKITE: 'true', BUILDKITE_JOB_ID: '1' }, [SECRET], { exitCode: 1 })).told).toBe(false)
  })

  test.each<[string, Environment, boolean]>([
    ['on a screen or in a file', GITHUB, false],
    ['in a file, at Azure', AZURE, false],
    ['at act', { ...GITHUB, ACT: 'true' }, true],
    ['at Gitea', { ...GITHUB, GITEA_ACTIONS: 'true' }, true],
    ['at Forgejo', { ...GITHUB, FORGEJO_ACTIONS: 'true' }, true],
    ['where one variable of GitHub was set to try something', { GITHUB_ACTIONS: 'true' }, true],
    ['where one variable of Azure was set to try something', { TF_BUILD: 'True' }, true],
    ['in GitLab, which has no such command', { GITLAB_CI: 'true', CI_JOB_ID: '1' }, true],
    ['in CircleCI, which has no such command', { CIRCLECI: 'true' }, true],
    ['on a laptop', {}, true],
  ])('is not printed %s', async (_, env, errIsPiped) => {
    expect(await masked(env, [SECRET], { errIsPiped })).toEqual({ notes: [], programs: [], told: false })
  })
})
