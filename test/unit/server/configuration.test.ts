import { describe, expect, test } from 'vitest'
import { checkConfiguration, loadConfiguration } from '../../../src/server/configuration.ts'

const CONFIG = `endpoint: https://jit.corp.example
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: https://idp.corp.example, clients: { browser: b } }
policy: [one.cedar, two.cedar]
targets:
  - name: prod-db
    maxDuration: 4h
    aws: { role: arn:aws:iam::123456789012:role/jit-prod-db, region: eu-central-1 }
`
const ASK = '@id("ask") permit(principal in Group::"a", action == Action::"request", resource);'

function source(files: Readonly<Record<string, string>>) {
  return {
    path: '/etc/jit/c.yaml',
    env: {},
    readText: (path: string) => {
      const text = files[path]
      if (text === undefined) throw new Error('ENOENT: no such file')
      return text
    },
  }
}

describe('check', () => {
  test('finds mistakes of every policy file, as errors', async () => {
    const files = {
      '/etc/jit/c.yaml': CONFIG,
      '/etc/jit/one.cedar': `\n${ASK.replace('Group', 'Grup')}`,
      '/etc/jit/two.cedar': ASK,
    }
    expect(await checkConfiguration(source(files))).toMatchObject([
      { level: 'error', file: '/etc/jit/one.cedar', line: 2, message: expect.stringContaining('Grup') },
      { level: 'error', file: '/etc/jit/two.cedar', line: 1, message: expect.stringContaining('already taken') },
    ])
  })

  test('finds gaps, as warnings', async () => {
    const files = { '/etc/jit/c.yaml': CONFIG, '/etc/jit/one.cedar': ASK, '/etc/jit/two.cedar': '' }
    expect(await checkConfiguration(source(files))).toEqual([
      {
        level: 'warning',
        file: '/etc/jit/c.yaml',
        message: 'nobody may approve prod-db, so every request for it is refused.',
      },
    ])
  })

  test('finds what no job of a pipeline will ever have, as warnings', async () => {
    const workloads = `workloads:
  issuers: [{ preset: github }, { preset: pinned, name: own, issuer: "https://ci.corp.example" }]
  pipelines:
    - { name: deploy, issuer: github, match: { repository_id: "1", ref: refs/heads/main } }
    - { name: farm, issuer: own, match: { sub: "7" } }
`
    const asks = (id: string, pipeline: string, tag: string) =>
      `@id("${id}") permit(principal in Pipeline::"${pipeline}", action == Action::"request", resource) when { principal.hasTag("${tag}") };`
    const files = {
      '/etc/jit/c.yaml': CONFIG + workloads,
      '/etc/jit/one.cedar': `${ASK}
@id("approve") permit(principal, action == Action::"approve", resource);
${asks('deploys', 'deploy', 'run_id')}
${asks('branch', 'deploy', 'branch')}
${asks('subject', 'deploy', 'sub')}
${asks('farms', 'farm', 'branch')}
${asks('farmer', 'farm', 'sub')}`,
      '/etc/jit/two.cedar':
        '@id("mfa") forbid(principal, action == Action::"request", resource) unless { context.amr.contains("mfa") };',
    }
    const found = await checkConfiguration(source(files))
    expect(found.map(({ level, line, message }) => `${level} ${line} ${message}`)).toEqual([
      'warning 4 policy "branch" asks for the tag "branch", which no job of github has.',
      'warning 5 policy "subject" asks for the tag "sub", which no job of github has.',
      'warning 7 policy "farmer" asks for the tag "sub", which no job of pinned has.',
      expect.stringMatching(
        /^warning 1 policy "mfa" forbids prod-db to every job, .*\(deploy, farm\): a job has no second/,
      ),
    ])
  })

  test('names a policy file that is not there', async () => {
    const files = { '/etc/jit/c.yaml': CONFIG, '/etc/jit/one.cedar': ASK }
    expect(await checkConfiguration(source(files))).toEqual([
      {
        level: 'error',
        file: '/etc/jit/c.yaml',
        message: 'policy: /etc/jit/two.cedar cannot be read: ENOENT: no such file.',
      },
    ])
    await expect(loadConfiguration(source(files))).rejects.toThrow('two.cedar cannot be read')
  })
})
