import { describe, expect, test } from 'vitest'
import { ConfigurationError, renderFault } from '../../../../src/server/config/types.ts'
import { loadWorkloads } from '../../../support/workload-world.ts'

const github = (pipeline: string, issuers = '{ preset: github }'): string => `workloads:
  issuers: [${issuers}]
  pipelines:
    - { name: deploy, ${pipeline} }
`
const GOOD = github('issuer: github, match: { repository_id: "1", ref: refs/heads/main }')
const PUBLIC = { kty: 'RSA', n: 'AQAB', e: 'AQAB' }

async function faultsOf(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  try {
    await loadWorkloads(text, files)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(renderFault)
    throw error
  }
  return []
}

describe('workloads', () => {
  test('are read with defaults: the endpoint as audience, the public issuer, an hour', async () => {
    const { config, warnings } = await loadWorkloads(GOOD)
    expect(config.workloads).toEqual({
      audience: 'https://jit.corp.example',
      issuers: [
        {
          name: 'github',
          provider: 'github',
          issuer: 'https://token.actions.githubusercontent.com',
          audience: 'https://jit.corp.example',
          keys: { from: 'discovery' },
          maxTokenSeconds: 3600,
          tokens: expect.objectContaining({ algorithms: ['RS256'], run: ['run_id', 'run_attempt'] }),
        },
      ],
      pipelines: [
        {
          name: 'deploy',
          issuer: 'github',
          match: { repository_id: ['1'], ref: ['refs/heads/main'] },
          ids: ['repository_id'],
          events: ['push', 'workflow_dispatch', 'schedule', 'release', 'repository_dispatch', 'deployment'],
        },
      ],
    })
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('there is no target yet')])
  })

  test('match what the preset wants unless they say otherwise', async () => {
    const match = async (more: string) =>
      (await loadWorkloads(github(`issuer: gitlab, match: { project_id: "1"${more} }`, '{ preset: gitlab }'))).config
        .workloads?.pipelines[0]?.match
    expect(await match('')).toEqual({ project_id: ['1'], ref_protected: ['true'] })
    expect(await match(', ref_protected: "false"')).toEqual({ project_id: ['1'], ref_protected: ['false'] })
  })

  test('have keys from discovery, a URL, or a file that is read at the start', async () => {
    const issuers = `{ preset: github },
    { preset: spiffe, issuer: "spiffe://corp.example", jwks: "https://spire.corp.example/b" },
    { preset: kubernetes, issuer: "https://k8s.corp.example", jwks: keys/cluster.json }`
    const { config } = await loadWorkloads(github('issuer: github, match: { repository_id: "1", ref: x }', issuers), {
      '/etc/jit/keys/cluster.json': JSON.stringify({ keys: [PUBLIC] }),
    })
    expect(config.workloads?.issuers.map(({ keys }) => keys)).toEqual([
      { from: 'discovery' },
      { from: 'url', url: 'https://spire.corp.example/b' },
      { from: 'set', keys: [PUBLIC] },
    ])
  })

  test('that any branch can use are warned about', async () => {
    const { warnings } = await loadWorkloads(github('issuer: github, match: { repository_id: "1" }'))
    expect(warnings.map(renderFault)).toContainEqual(
      '/etc/jit/c.yaml:9: workloads.pipelines[0].match: any branch can use it; to narrow it, add ref, environment, job_workflow_ref, workflow_ref, ref_protected.',
    )
  })
})

describe('a mistake in workloads is named by file, line and field', () => {
  const aws = '{ preset: aws, issuer: "https://a.tokens.sts.global.api.aws" }'
  const cluster = '{ preset: kubernetes, issuer: "https://k8s.corp.example" }'
  const spiffe = '{ preset: spiffe, issuer: "spiffe://corp.example", jwks: "https://spire.corp.example/b" }'
  const azure = '{ preset: azure-devops, issuer: "https://vstoken.dev.azure.com/x" }'
  test.each<[what: string, text: string, expected: string]>([
    [
      'a name where an id belongs',
      github('issuer: github, match: { repository: octo/app, ref: refs/heads/main }'),
      "9: workloads.pipelines[0].match: it names no claim that is github's for good, and names can be taken over: add repository_id, or repository_owner_id.",
    ],
    ['nothing to match', github('issuer: github, match: {}'), 'names no claim'],
    [
      'a subject, which can be taken over too',
      github('issuer: github, match: { sub: "repo:octo/app:ref:x" }'),
      'names no claim',
    ],
    [
      'a name written as an id',
      github('issuer: github, match: { repository_id: octo/app }'),
      'match.repository_id: expected a number in quotes such as "123456", not "octo/app".',
    ],
    [
      'one name among ids',
      github('issuer: github, match: { repository_id: ["1", octo/app] }'),
      'match.repository_id: expected a number in quotes',
    ],
    [
      'an id without quotes',
      github('issuer: github, match: { repository_id: 1 }'),
      'match.repository_id: expected a text in quotes that the claim must equal, or a list of such, without wildcards, not 1.',
    ],
    [
      'a wildcard',
      github('issuer: github, match: { repository_id: "1", ref: refs/heads/* }'),
      'without wildcards, not "refs/heads/*".',
    ],
    ['an empty list', github('issuer: github, match: { repository_id: "1", ref: [] }'), 'match.ref: expected a text'],
    [
      'half of a service account',
      github('issuer: kubernetes, match: { kubernetes.io/namespace: shop }', cluster),
      'add kubernetes.io/namespace with kubernetes.io/serviceaccount/name, or kubernetes.io/serviceaccount/uid.',
    ],
    [
      'a role without its account',
      github('issuer: aws, match: { sub: deployer }', aws),
      'match.sub: expected the ARN of a role',
    ],
    [
      'an email for a unique id',
      github('issuer: google, match: { sub: a@b.iam.gserviceaccount.com }', '{ preset: google }'),
      "match.sub: expected the service account's unique id",
    ],
    [
      'a SPIFFE ID of another trust domain',
      github('issuer: spiffe, match: { sub: "spiffe://corp.example.evil/x" }', spiffe),
      'expected a whole SPIFFE ID of spiffe://corp.example, not',
    ],
    [
      'a pipeline of Azure DevOps by its name',
      github('issuer: azure-devops, match: { sub: "p://corp/shop/deploy" }', azure),
      'expected the subject of a service connection',
    ],
    [
      'a build without branch',
      github(
        'issuer: buildkite, match: { pipeline_id: 0184990a-4782-42b5-afc1-16715b10b8ff }',
        '{ preset: buildkite }',
      ),
      'add build_branch or build_tag, or pull_request to events.',
    ],
    [
      'an id of a pinned issuer that no pipeline matches',
      github(
        'issuer: farm, match: { sub: x }',
        '{ preset: pinned, name: farm, issuer: "https://ci.corp.example", ids: [project, branch] }',
      ),
      'add project with branch.',
    ],
    [
      'events where there are none',
      github('issuer: aws, match: { sub: "arn:aws:iam::123456789012:role/x" }, events: [push]', aws),
      'events: tokens of aws tell of no events.',
    ],
    [
      'an event that the provider cannot tell',
      github('issuer: azure-devops, match: { prj_id: 0184990a-4782-42b5-afc1-16715b10b8ff }, events: [push]', azure),
      'events: expected build or pull_request, not "push".',
    ],
    [
      'no event at all',
      github('issuer: github, match: { repository_id: "1" }, events: []'),
      'events: expected at least one event.',
    ],
    [
      'an unknown issuer',
      github('issuer: gihub, match: { repository_id: "1" }'),
      '9: workloads.pipelines[0].issuer: no issuer is called "gihub"; known are github.',
    ],
    [
      'an issuer where none could be read',
      github('issuer: github, match: { repository_id: "1" }', '{ preset: gitea }'),
      'no issuer is called "github".',
    ],
    [
      'an unknown preset',
      github('issuer: github, match: {}', '{ preset: gitea }'),
      'issuers[0].preset: expected one of github, gitlab, circleci',
    ],
    [
      'an unknown field',
      github('issuer: github, match: { repository_id: "1" }, event: [push]'),
      'pipelines[0].event is no field of this file; did you mean events.',
    ],
    [
      'no issuer where the preset has none',
      github('issuer: circleci, match: {}', '{ preset: circleci }'),
      'issuers[0].issuer is missing: circleci has none by itself; expected the issuer of your organization, https://oidc.circleci.com/org/',
    ],
    [
      'plain http',
      github('issuer: github, match: {}', '{ preset: github, issuer: "http://ghes.example" }'),
      'issuers[0].issuer: expected an issuer as its tokens write it',
    ],
    [
      'this endpoint as issuer',
      github('issuer: pinned, match: { sub: x }', '{ preset: pinned, issuer: "https://jit.corp.example" }'),
      'issuers[0].issuer: it is this endpoint',
    ],
    [
      'a trust domain for GitHub',
      github('issuer: github, match: {}', '{ preset: github, issuer: "spiffe://x" }'),
      'issuers[0].issuer: expected the issuer of the GitHub',
    ],
    [
      'a URL for SPIFFE',
      github('issuer: spiffe, match: {}', '{ preset: spiffe, issuer: "https://x.example", jwks: b.json }'),
      'issuers[0].issuer: expected the trust domain',
    ],
    [
      'SPIFFE without its bundle',
      github('issuer: spiffe, match: {}', '{ preset: spiffe, issuer: "spiffe://x" }'),
      'issuers[0].jwks is missing',
    ],
    [
      'ids of a known provider',
      github('issuer: github, match: { repository_id: "1" }', '{ preset: github, ids: [sub] }'),
      'issuers[0].ids: only preset pinned has it',
    ],
    [
      'two issuers of one name',
      github('issuer: github, match: {}', '{ preset: github }, { preset: github, issuer: "https://ghes.example" }'),
      '7: workloads.issuers[1].name: "github" is already taken.',
    ],
    [
      'one issuer twice',
      github('issuer: github, match: {}', '{ preset: github }, { preset: github, name: again }'),
      'issuers[1].issuer: "https://token.actions.githubusercontent.com" is already taken.',
    ],
    [
      'one pipeline twice',
      `${GOOD}    - { name: deploy, issuer: github, match: { repository_id: "2" } }\n`,
      '10: workloads.pipelines[1].name: "deploy" is already taken.',
    ],
    [
      "a person's client id as audience",
      GOOD.replace('issuers:', 'audience: jit-browser\n  issuers:'),
      'workloads.audience: it is a client id of the idp',
    ],
    [
      'tokens that live a day',
      github('issuer: github, match: {}', '{ preset: github, maxTokenLife: 24h }'),
      'issuers[0].maxTokenLife: expected a duration such as 90m, 1h30m or PT1H30M, from 1m to 12h',
    ],
    [
      'keys on plain http',
      github('issuer: github, match: {}', '{ preset: github, jwks: "http://keys.example/" }'),
      'issuers[0].jwks: expected a file, or an https:// URL',
    ],
    [
      'keys by another scheme',
      github('issuer: github, match: {}', '{ preset: github, jwks: "file:///etc/passwd" }'),
      'issuers[0].jwks: expected a file, or an https:// URL',
    ],
    [
      'no issuers',
      'workloads: { issuers: [], pipelines: [] }\n',
      '6: workloads.issuers: expected at least one issuer.',
    ],
    ['no block at all', 'workloads: yes\n', '6: workloads: expected a block of fields.'],
  ])('%s', async (_what, text, expected) => {
    const faults = await faultsOf(text)
    expect(faults).toContainEqual(expect.stringContaining(expected))
  })

  test.each<[string, string | undefined, string]>([
    ['is not there', undefined, 'cannot be read: no such file.'],
    ['is no JSON', 'x', 'is no JWK set.'],
    ['is no key set', '{"keys":"none"}', 'is no JWK set.'],
    ['is empty', '{"keys":[]}', 'is no JWK set.'],
    ['holds a private key', JSON.stringify({ keys: [{ ...PUBLIC, d: 'AQAB' }] }), 'holds a private or symmetric key'],
    ['holds a symmetric key', '{"keys":[{"kty":"oct","k":"AQAB"}]}', 'holds a private or symmetric key'],
  ])('a file of keys that %s', async (_what, text, expected) => {
    const issuer = '{ preset: kubernetes, issuer: "https://k8s.corp.example", jwks: k.json }'
    const pipeline =
      'issuer: kubernetes, match: { kubernetes.io/serviceaccount/uid: c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d }'
    const files = text === undefined ? {} : { '/etc/jit/k.json': text }
    expect(await faultsOf(github(pipeline, issuer), files)).toEqual([
      expect.stringContaining(`c.yaml:7: workloads.issuers[0].jwks: /etc/jit/k.json ${expected}`),
    ])
  })
})
