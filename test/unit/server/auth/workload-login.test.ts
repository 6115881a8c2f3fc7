import type { JWTPayload } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { workloadTokenVerifier } from '../../../../src/server/auth/workload-token.ts'
import { PRESET_NAMES, type PresetName } from '../../../../src/server/config/workload-presets.ts'
import { PROVIDERS } from '../../../support/workload-tokens.ts'
import { AUDIENCE, workloadWorld } from '../../../support/workload-world.ts'

type World = Awaited<ReturnType<typeof workloadWorld>>
let world: World
beforeAll(async () => {
  world = await workloadWorld()
})

const gone = undefined as never
const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000

describe('a token of the real shape', () => {
  const shown: Readonly<Record<PresetName, readonly [name: string, run: string | undefined]>> = {
    github: ['github: octo-org/octo-app@refs/heads/main (run 8123456/1)', '8123456/1'],
    gitlab: ['gitlab: my-group/my-project@main (run 574)', '574'],
    circleci: [
      'circleci: github.com/octo-org/octo-app@refs/heads/main (run 1c0f0b1a-6b2e-4a0c-8a4e-3f2d5b6c7d8e)',
      '1c0f0b1a-6b2e-4a0c-8a4e-3f2d5b6c7d8e',
    ],
    buildkite: ['buildkite: acme/super-app@main (run acme/super-app/17)', 'acme/super-app/17'],
    'azure-devops': ['azure-devops: p://corp/shop/deploy (run 991)', '991'],
    kubernetes: [
      'kubernetes: shop/deployer (run 8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90)',
      '8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90',
    ],
    aws: ['aws: arn:aws:iam::123456789012:role/ci/deployer', undefined],
    google: ['google: deployer@corp-prod.iam.gserviceaccount.com', undefined],
    spiffe: ['spiffe: spiffe://corp.example/ns/shop/sa/deployer', undefined],
    pinned: ['pinned: build-farm/42', undefined],
  }

  test.each(PRESET_NAMES)('of %s says which pipeline it is', async (preset) => {
    const { issuer, claims } = PROVIDERS[preset]
    const [name, run] = shown[preset]
    const login = await world.loginWith(preset)
    expect(login).toEqual({
      person: { issuer, subject: claims('', 0).sub, name },
      groups: [],
      flow: 'workload',
      amr: [],
      workload: {
        provider: preset,
        pipelines: [`on-${preset}`],
        claims: expect.any(Object),
        ...(run === undefined ? {} : { run }),
      },
    })
  })

  test('carries its claims by their own names, nested ones by their path, and no numbers or lists', async () => {
    const { workload } = await world.loginWith('kubernetes')
    expect(workload?.claims).toEqual({
      'kubernetes.io/namespace': 'shop',
      'kubernetes.io/node/name': 'node-1',
      'kubernetes.io/node/uid': '3f2a9c1e-0d4b-4c66-9a55-7be1d2f0c8a1',
      'kubernetes.io/pod/name': 'migrate-x7k2p',
      'kubernetes.io/pod/uid': '8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90',
      'kubernetes.io/serviceaccount/name': 'deployer',
      'kubernetes.io/serviceaccount/uid': 'c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d',
    })
    expect((await world.loginWith('aws')).workload?.claims).toMatchObject({
      'https://sts.amazonaws.com/aws_account': '123456789012',
      'https://sts.amazonaws.com/request_tags/stage': 'prod',
    })
    expect((await world.loginWith('circleci')).workload?.claims).toMatchObject({
      'oidc.circleci.com/ssh-rerun': 'false',
    })
    expect(Object.keys((await world.loginWith('gitlab')).workload?.claims ?? {})).not.toContain('runner_id')
  })

  const alsoGood: readonly (readonly [string, PresetName, JWTPayload])[] = [
    [
      "GitHub's subject of a repository older than July 2026",
      'github',
      { sub: 'repo:octo-org/octo-app:ref:refs/heads/main' },
    ],
    ['without a jti, of providers that give none', 'kubernetes', { jti: gone }],
    ['the other text of a list', 'gitlab', { ref: 'release', ref_path: 'refs/heads/release' }],
    ['a clock that is a little behind', 'github', { iat: NOW + 60, nbf: NOW + 60 }],
    [
      'a SPIFFE ID with an issuer, and without a time of issue',
      'spiffe',
      { iss: 'https://spire.corp.example', iat: gone },
    ],
    ['one audience in a list', 'github', { aud: [AUDIENCE] }],
  ]
  test.each(alsoGood)('%s', async (_what, preset, change) => {
    expect((await world.loginWith(preset, change)).flow).toBe('workload')
  })
})

describe('a pipeline that names other events', () => {
  const world = (more: string) =>
    workloadWorld(`workloads:
  audience: ${AUDIENCE}
  issuers: [{ preset: github }, { preset: buildkite }, { preset: azure-devops, issuer: "${PROVIDERS['azure-devops'].issuer}" }]
  pipelines:
    - ${more}
`)
  test('takes them and no others', async () => {
    const { loginWith } = await world(
      '{ name: pr, issuer: github, match: { repository_id: "123456" }, events: [pull_request] }',
    )
    expect((await loginWith('github', { event_name: 'pull_request' })).workload?.pipelines).toEqual(['pr'])
    await expect(loginWith('github')).rejects.toMatchObject({
      message: expect.stringMatching(/the event push, and only pull_request/),
    })
  })

  test('takes what does not say where it came from only if it takes pull requests', async () => {
    const name = 'name: sc, issuer: azure-devops, match: { sub: sc://corp/shop/jit }'
    const service = { sub: 'sc://corp/shop/jit', rpo_ref: gone, prj_id: gone }
    await expect((await world(`{ ${name} }`)).loginWith('azure-devops', service)).rejects.toMatchObject({
      message: expect.stringMatching(/the event pull_request/),
    })
    const { loginWith } = await world(`{ ${name}, events: [build, pull_request] }`)
    expect((await loginWith('azure-devops', service)).workload?.pipelines).toEqual(['sc'])
  })

  test("takes a fork's build where it says so", async () => {
    const { loginWith } = await world(
      '{ name: forks, issuer: buildkite, match: { pipeline_id: 0184990a-4782-42b5-afc1-16715b10b8ff }, events: [pull_request] }',
    )
    expect((await loginWith('buildkite', { build_branch: 'mallory:main' })).flow).toBe('workload')
    await expect(loginWith('buildkite')).rejects.toMatchObject({ code: 'denied' })
  })
})

describe('a job of several pipelines', () => {
  test('is all of them', async () => {
    const { loginWith } = await workloadWorld(`workloads:
  audience: ${AUDIENCE}
  issuers: [{ preset: github }]
  pipelines:
    - { name: org, issuer: github, match: { repository_owner_id: "65" } }
    - { name: app, issuer: github, match: { repository_id: "123456", ref: [refs/heads/main] } }
    - { name: other, issuer: github, match: { repository_id: "7" } }
`)
    expect((await loginWith('github')).workload?.pipelines).toEqual(['org', 'app'])
  })
})

describe('a pipeline that any branch can use', () => {
  let open: World
  beforeAll(async () => {
    open = await workloadWorld(`workloads:
  audience: ${AUDIENCE}
  issuers:
    - preset: github
    - { preset: circleci, issuer: "${PROVIDERS.circleci.issuer}" }
    - { preset: azure-devops, issuer: "${PROVIDERS['azure-devops'].issuer}" }
  pipelines:
    - { name: on-github, issuer: github, match: { repository_id: "123456" } }
    - name: on-circleci
      issuer: circleci
      match: { oidc.circleci.com/project-id: 0184990a-4782-42b5-afc1-16715b10b8ff }
    - name: on-azure-devops
      issuer: azure-devops
      match: { prj_id: 0184990a-4782-42b5-afc1-16715b10b8ff }
`)
  })

  const ref = (value: string): JWTPayload => ({ 'oidc.circleci.com/vcs-ref': value })
  test.each<[PresetName, JWTPayload]>([
    ['github', { ref: 'refs/heads/any' }],
    ['circleci', ref('refs/heads/any')],
    ['circleci', ref('refs/heads/pullover')],
    ['azure-devops', { rpo_ref: 'refs/heads/any' }],
  ])('is still none of a fork: %s %j is taken', async (preset, change) => {
    expect((await open.loginWith(preset, change)).workload?.pipelines).toEqual([`on-${preset}`])
  })
  test.each<[PresetName, JWTPayload]>([
    ['github', { ref: 'refs/pull/7/merge' }],
    ['circleci', ref('refs/heads/pull/7')],
    ['circleci', ref('refs/pull/7')],
    ['circleci', { 'oidc.circleci.com/vcs-ref': gone }],
    ['azure-devops', { rpo_ref: 'refs/pull/7/merge' }],
    ['azure-devops', { rpo_ref: gone }],
  ])('is still none of a fork: %s %j is refused', async (preset, change) => {
    await expect(open.loginWith(preset, change)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/started by the event pull_request/),
    })
  })
})

describe('two instances of one provider', () => {
  test('give out the same ids, and a pipeline is of one of them', async () => {
    const { loginWith } = await workloadWorld(`workloads:
  audience: ${AUDIENCE}
  issuers: [{ preset: github }, { preset: gitlab, issuer: https://gitlab.corp.example }, { preset: gitlab, name: public }]
  pipelines:
    - { name: ours, issuer: gitlab, match: { project_id: "20" } }
    - { name: theirs, issuer: public, match: { project_id: "20" } }
`)
    expect((await loginWith('gitlab')).workload?.pipelines).toEqual(['ours'])
    await expect(loginWith('github', { project_id: '20', ref_protected: 'true' })).rejects.toMatchObject({
      code: 'denied',
    })
  })
})

describe('a token belongs to the key that brings it first', () => {
  test.each(['github', 'circleci'] as const)('of %s', async (preset) => {
    const token = await world.token(preset)
    await world.login(token, 'key-of-the-job')
    await world.login(token, 'key-of-the-job')
    await expect(world.login(token, 'another')).rejects.toMatchObject({
      code: 'invalid_token',
      message: `The token of ${preset} was used before, with another key.`,
    })
  })

  test('also where its signature is written another way, or only its jti comes again', async () => {
    const token = await world.token('circleci')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const respelled = token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.at(-1) ?? '') ^ 1)
    await world.login(respelled, 'key-of-the-job')
    await expect(world.login(token, 'another')).rejects.toMatchObject({ code: 'invalid_token' })
    await world.loginWith('github', { jti: 'again' })
    await expect(world.loginWith('github', { jti: 'again', run_id: '9' }, undefined, 'another')).rejects.toMatchObject({
      code: 'invalid_token',
    })
  })

  test('a refused one is nobody’s: the job that it belongs to can still bring it', async () => {
    const fresh = await workloadWorld()
    const token = await fresh.token('github', { nbf: NOW + 120 })
    await expect(fresh.login(token, 'another')).rejects.toMatchObject({ code: 'invalid_token' })
    fresh.clock.advance(120_000)
    expect((await fresh.login(token, 'key-of-the-job')).flow).toBe('workload')
  })
})

describe('the verifier of one issuer', () => {
  test('takes no token that names another, whoever sent it here', async () => {
    const { clock, config, issuerOf, token } = await workloadWorld()
    const [github] = config.workloads?.issuers ?? []
    if (github === undefined) throw new Error('GitHub is the first')
    const verify = workloadTokenVerifier(github, { http: issuerOf('github').http, clock })
    expect((await verify(await token('github'))).subject).toMatch(/^repo:/)
    await expect(verify(await token('github', { iss: 'https://evil.example' }))).rejects.toMatchObject({
      message: expect.stringMatching(/unexpected "iss" claim/),
    })
  })
})

describe('keys', () => {
  test('are read from the bundle or from discovery once, and from a file never', async () => {
    const fresh = await workloadWorld()
    for (const preset of ['spiffe', 'kubernetes', 'github', 'spiffe', 'github'] as const) await fresh.loginWith(preset)
    expect(fresh.reads).toEqual([
      'https://spire.corp.example/bundle.json',
      'https://token.actions.githubusercontent.com/.well-known/openid-configuration',
      'https://token.actions.githubusercontent.com/keys',
    ])
  })

  test('that cannot be read are named', async () => {
    const fresh = await workloadWorld()
    fresh.issuerOf('github').down = true
    await expect(fresh.loginWith('github')).rejects.toMatchObject({
      code: 'idp_unavailable',
      message: expect.stringMatching(/^The keys of the workload issuer github are not available: /),
    })
  })
})
