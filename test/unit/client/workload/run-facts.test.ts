import { describe, expect, test } from 'vitest'
import { reasonOfRun } from '../../../../src/client/workload/run-facts.ts'

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_WORKFLOW: 'deploy',
  GITHUB_RUN_ID: '42',
}

describe('the reason of a job that names none', () => {
  test.each([
    [GITHUB, 'Pipeline acme/shop deploy, https://github.com/acme/shop/actions/runs/42'],
    [
      { GITLAB_CI: 'true', CI_PROJECT_PATH: 'a/b', CI_JOB_NAME: 'plan', CI_JOB_URL: 'https://gl.example/a/b/-/jobs/1' },
      'Pipeline a/b plan, https://gl.example/a/b/-/jobs/1',
    ],
    [{ CIRCLECI: 'true', CIRCLE_PROJECT_REPONAME: 'r', CIRCLE_JOB: 'j' }, 'Pipeline r j'],
    [
      { BUILDKITE: 'true', BUILDKITE_PIPELINE_SLUG: 'p', BUILDKITE_BUILD_URL: 'https://bk.example/1' },
      'Pipeline p, https://bk.example/1',
    ],
    [
      {
        TF_BUILD: 'True',
        SYSTEM_COLLECTIONURI: 'https://dev.azure.com/org/',
        SYSTEM_TEAMPROJECT: 'My Shop',
        BUILD_BUILDID: '7',
      },
      'Pipeline My Shop, https://dev.azure.com/org/My%20Shop/_build/results?buildId=7',
    ],
    [{ TF_BUILD: 'True' }, 'Pipeline unnamed'],
    [{ CI: 'true' }, undefined],
  ])('of %j', (env, reason) => {
    expect(reasonOfRun(env)).toBe(reason)
  })

  test('has no escape sequence, no second line, no link that is none, and an end', () => {
    const job = `\u001b]52;c;cHduZWQ=\u0007\u202eevil\nsecond${'x'.repeat(500)}`
    const reason = reasonOfRun({ ...GITHUB, GITHUB_WORKFLOW: job, GITHUB_SERVER_URL: 'javascript:alert(1)' }) ?? ''
    expect(reason).toMatch(/^Pipeline acme\/shop \]52;c;cHduZWQ=evil secondx*…$/)
    expect(reason.length).toBeLessThan(150)
  })
})
