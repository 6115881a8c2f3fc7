import { generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { loginNonce } from '../../../../src/base/login-nonce.ts'
import { PRESET_NAMES, type PresetName } from '../../../../src/server/config/workload-presets.ts'
import { PROVIDERS } from '../../../support/workload-tokens.ts'
import { AUDIENCE, type Header, workloadWorld } from '../../../support/workload-world.ts'

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

describe('a token is refused', () => {
  const org = PROVIDERS.circleci.issuer
  const refused: readonly (readonly [
    what: string,
    preset: PresetName,
    change: JWTPayload,
    said: RegExp,
    header?: Header,
  ])[] = [
    ['expired', 'github', { iat: NOW - 400, exp: NOW - 61 }, /"exp" claim timestamp check failed/],
    ['without expiry', 'github', { exp: gone }, /missing required "exp" claim/],
    ['without a time of issue', 'github', { iat: gone }, /missing required "iat" claim/],
    ['issued in the future', 'github', { iat: NOW + 61 }, /issued in the future/],
    ['not valid yet', 'github', { nbf: NOW + 61 }, /"nbf" claim timestamp check failed/],
    ['that lives longer than an hour', 'gitlab', { exp: NOW + 3601 }, /lives longer than 3600 s/],
    [
      'that lives longer than an hour and says nothing of its issue',
      'spiffe',
      { iat: gone, exp: NOW + 3601 },
      /lives longer/,
    ],
    ['for another audience', 'github', { aud: 'https://github.com/octo-org' }, /unexpected "aud" claim/],
    ['for no audience', 'github', { aud: gone }, /missing required "aud" claim/],
    [
      "for the endpoint's URL, where pipelines have an audience of their own",
      'github',
      { aud: 'https://jit.corp.example' },
      /"aud"/,
    ],
    ['for us and others', 'github', { aud: [AUDIENCE, 'sts.amazonaws.com'] }, /other audiences/],
    ['for us twice', 'github', { aud: [AUDIENCE, AUDIENCE] }, /other audiences/],
    [
      'for us and others, with us as authorised party',
      'google',
      { aud: [AUDIENCE, 'x'], azp: AUDIENCE },
      /other audiences/,
    ],
    ['for the audience of the others, from Azure DevOps', 'azure-devops', { aud: AUDIENCE }, /unexpected "aud" claim/],
    ['of an issuer that nobody configured', 'github', { iss: 'https://evil.example' }, /does not know/],
    ['of no issuer', 'github', { iss: gone }, /does not know/],
    [
      'of our issuer with a slash more',
      'github',
      { iss: 'https://token.actions.githubusercontent.com/' },
      /does not know/,
    ],
    ["of another organization's issuer", 'circleci', { iss: org.replace('0184', '0185') }, /does not know/],
    [
      "signed by another configured issuer's key",
      'gitlab',
      { iss: 'https://token.actions.githubusercontent.com' },
      /signature verification failed/,
    ],
    ['without a subject', 'github', { sub: gone }, /missing required "sub" claim/],
    ['with an empty subject', 'pinned', { sub: '' }, /subject is empty/],
    ['with a subject without end', 'pinned', { sub: 'x'.repeat(1001) }, /too long/],
    ['of a repository of the same name with another id', 'github', { repository_id: '999999' }, /No pipeline/],
    [
      'of another environment',
      'github',
      { environment: 'staging' },
      /for on-github its environment is "staging", not "production"/,
    ],
    ['of no environment', 'github', { environment: gone }, /for on-github its environment is missing/],
    ['of another branch', 'github', { ref: 'refs/heads/dev' }, /for on-github its ref is "refs\/heads\/dev"/],
    ['of a tag that is called like the branch', 'github', { ref: 'refs/tags/main' }, /its ref is/],
    ['with the id as a number', 'github', { repository_id: 123456 }, /repository_id is missing or no text/],
    ['with the id as a list', 'github', { repository_id: ['123456'] }, /repository_id is missing or no text/],
    ['with a space after the id', 'github', { repository_id: '123456 ' }, /No pipeline/],
    ['with the id in other digits', 'github', { repository_id: '１２３４５６' }, /No pipeline/],
    ['with a letter that looks alike', 'github', { environment: 'prоduction' }, /its environment is/],
    ['with a letter in two code points', 'gitlab', { ref: 'maiń' }, /No pipeline/],
    ['with characters that do not show', 'github', { environment: 'produ\u200bction' }, /characters that do not show/],
    ['with half a character', 'github', { actor: '\ud800' }, /characters that do not show/],
    ['without the claim that names its id', 'github', { repository_id: gone }, /repository_id is missing/],
    ['without the claim that names its event', 'github', { event_name: gone }, /event_name is missing/],
    ['of a pull request', 'github', { event_name: 'pull_request', ref: 'refs/pull/7/merge' }, /its ref is/],
    [
      'of a pull request into the environment',
      'github',
      { event_name: 'pull_request' },
      /the event pull_request, and only push/,
    ],
    ['of a pull request of a fork', 'github', { event_name: 'pull_request_target' }, /the event pull_request_target/],
    ['of a workflow that another one started', 'github', { event_name: 'workflow_run' }, /the event workflow_run/],
    ['of a comment', 'github', { event_name: 'issue_comment' }, /the event issue_comment/],
    ['of an event that is not known yet', 'github', { event_name: 'sneeze' }, /the event sneeze/],
    [
      "with a pull request's subject",
      'github',
      { sub: 'repo:octo-org@65/octo-app@123456:pull_request' },
      /the event pull_request/,
    ],
    ["with a pull request's branch", 'github', { head_ref: 'patch-1' }, /the event pull_request/],
    ['of a merge request', 'gitlab', { pipeline_source: 'merge_request_event' }, /the event merge_request_event/],
    [
      'of a merge request of a fork',
      'gitlab',
      { pipeline_source: 'external_pull_request_event' },
      /the event external_pull/,
    ],
    [
      "of a merge request's child pipeline",
      'gitlab',
      { pipeline_source: 'parent_pipeline', ref_path: 'refs/merge-requests/7/head' },
      /the event merge_request_event/,
    ],
    [
      'of a branch that is not protected',
      'gitlab',
      { ref_protected: 'false' },
      /its ref_protected is "false", not "true"/,
    ],
    [
      'of a branch that says with a boolean that it is protected',
      'gitlab',
      { ref_protected: true, project_id: '21' },
      /No pipeline/,
    ],
    [
      'of a job that was rerun with SSH',
      'circleci',
      { 'oidc.circleci.com/ssh-rerun': true },
      /ssh-rerun is "true", not "false"/,
    ],
    [
      'that does not say whether it was rerun with SSH',
      'circleci',
      { 'oidc.circleci.com/ssh-rerun': gone },
      /ssh-rerun is missing/,
    ],
    [
      "of a fork's build",
      'circleci',
      { 'oidc.circleci.com/vcs-ref': 'refs/heads/pull/7' },
      /vcs-ref is "refs\/heads\/pull\/7"/,
    ],
    [
      "of another organization's project",
      'circleci',
      { 'oidc.circleci.com/project-id': '0184990a-4782-42b5-afc1-16715b10b8fe' },
      /No pipeline/,
    ],
    ['without the id that has to be asked for', 'buildkite', { pipeline_id: gone }, /No pipeline/],
    ["of a fork's branch", 'buildkite', { build_branch: 'mallory:main' }, /build_branch is "mallory:main"/],
    ['of a pull request', 'azure-devops', { rpo_ref: 'refs/pull/7/merge' }, /rpo_ref is/],
    ['of another pipeline of the project', 'azure-devops', { def_id: '8' }, /No pipeline|def_id is "8"/],
    [
      'of another namespace',
      'kubernetes',
      { 'kubernetes.io': { namespace: 'dev', serviceaccount: { name: 'deployer', uid: 'u' } } },
      /No pipeline/,
    ],
    [
      'of the old kind, of a service account without namespace',
      'kubernetes',
      { 'kubernetes.io': gone },
      /kubernetes.io\/namespace is missing/,
    ],
    [
      'that says one thing twice',
      'kubernetes',
      { 'kubernetes.io/namespace': 'shop' },
      /says kubernetes.io\/namespace twice/,
    ],
    ['that is nested without end', 'pinned', { a: { b: { c: { d: { e: { f: 'x' } } } } } }, /nested too deeply/],
    ['with more claims than fit into a header', 'pinned', { job: 'x'.repeat(8_001) }, /more than 8000 bytes/],
    ['of another role', 'aws', { sub: 'arn:aws:iam::123456789012:role/ci/deployer2' }, /No pipeline/],
    ['of another account', 'aws', { sub: 'arn:aws:iam::210987654321:role/ci/deployer' }, /No pipeline/],
    ['of another service account', 'google', { sub: '112233445566778899002' }, /No pipeline/],
    ["with a person's client id as audience", 'google', { aud: 'jit-browser' }, /unexpected "aud" claim/],
    [
      'of another workload of the trust domain',
      'spiffe',
      { sub: 'spiffe://corp.example/ns/shop/sa/other' },
      /No pipeline/,
    ],
    ['of another trust domain', 'spiffe', { sub: 'spiffe://corp.example.evil/ns/shop/sa/deployer' }, /does not know/],
    ['of the trust domain itself', 'spiffe', { sub: 'spiffe://corp.example' }, /does not know/],
    ['of a logout', 'pinned', { events: {} }, /another kind of token/],
    ['with the type of our grant tokens', 'github', {}, /another kind of token/, { typ: 'jit-grant+jwt' }],
    ['with the type of our access tokens', 'github', {}, /another kind of token/, { typ: 'at+jwt' }],
    ['with the type of a DPoP proof', 'github', {}, /another kind of token/, { typ: 'dpop+jwt' }],
    ['signed with a key that nobody knows', 'github', {}, /no applicable key/, { kid: 'other' }],
    ['with an extension that nobody understands', 'github', {}, /crit|Extension/, { crit: ['x'], x: true }],
  ]

  test('in more than 30 ways', () => expect(refused.length).toBeGreaterThan(30))

  test.each(
    refused.map(
      ([what, preset, change, said, header]) => [what, preset, change, said, header ?? { typ: 'JWT' }] as const,
    ),
  )('%s (%s)', async (_what, preset, change, said, header) => {
    await expect(world.loginWith(preset, change, header)).rejects.toMatchObject({
      code: expect.stringMatching(/^(invalid_token|denied)$/),
      message: expect.stringMatching(said),
    })
  })

  test('where a stranger brings it, without a word of what would be taken', async () => {
    const stranger = { repository_id: '1', repository: 'eve/app', environment: 'x', event_name: 'pull_request' }
    await expect(world.loginWith('github', stranger)).rejects.toMatchObject({
      code: 'denied',
      message: 'No pipeline of this endpoint is this job of github.',
    })
  })

  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  test.each(['none', 'None', ''])('unsigned (%j)', async (alg) => {
    const forged = `${part({ alg, typ: 'JWT' })}.${part(world.claims('github'))}.`
    await expect(world.login(forged, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('signed with the public key as a secret', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(await world.issuerOf('github').jwk()))
    const forged = await new SignJWT(world.claims('github'))
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(secret)
    await expect(world.login(forged, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('signed with an algorithm that its provider does not use', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await new SignJWT(world.claims('github'))
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(privateKey)
    await expect(world.login(forged, 'k')).rejects.toMatchObject({ message: expect.stringMatching(/"alg"/) })
  })

  test.each(['jku', 'x5u'])('signed with a key of its own that %s leads to, and nobody goes there', async (member) => {
    const { privateKey } = await generateKeyPair('RS256')
    const header = { alg: 'RS256', kid: 'mine', [member]: 'https://evil.example/keys' }
    const forged = await new SignJWT(world.claims('github')).setProtectedHeader(header).sign(privateKey)
    await expect(world.login(forged, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
    expect(world.reads.filter((url) => url.includes('evil'))).toEqual([])
  })

  test('signed with a key for certificates of the trust domain', async () => {
    const forged = await world.idp.sign(world.claims('spiffe'), { kid: 'ca' })
    await expect(world.login(forged, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test.each(['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.W10.', `${'x'.repeat(40_000)}`])(
    'where it is none: %.20j',
    async (text) => {
      await expect(world.login(text, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
    },
  )
})

describe('a token of an unknown issuer', () => {
  test('has nobody asked anything', async () => {
    const fresh = await workloadWorld()
    await expect(fresh.loginWith('github', { iss: 'https://evil.example' })).rejects.toMatchObject({
      message: 'The token is of the issuer https://evil.example, which this endpoint does not know.',
    })
    expect(fresh.reads).toEqual([])
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

describe('people and pipelines', () => {
  const person = (change: JWTPayload = {}): JWTPayload => ({
    iss: 'https://idp.corp.example',
    sub: 'alice',
    aud: 'jit-browser',
    nonce: loginNonce('her-key'),
    iat: NOW,
    exp: NOW + 300,
    jti: String(Math.random()),
    ...change,
  })

  test('log in side by side', async () => {
    const { flow, workload } = await world.login(await world.idp.sign(person()), 'her-key')
    expect([flow, workload]).toEqual(['browser', undefined])
  })

  test.each<[string, JWTPayload]>([
    ["a person's token for pipelines", { aud: AUDIENCE }],
    ["a person's token that names another issuer", { iss: 'https://token.actions.githubusercontent.com' }],
    ["a person's token that claims to be a job", { aud: AUDIENCE, repository_id: '123456', event_name: 'push' }],
  ])('never pass for each other: %s', async (_what, change) => {
    await expect(world.login(await world.idp.sign(person(change)), 'her-key')).rejects.toMatchObject({
      code: 'invalid_token',
    })
  })

  test.each<[string, JWTPayload]>([
    ['for the browser client', { aud: 'jit-browser', nonce: loginNonce('key-of-the-job') }],
    ['for the device client', { aud: 'jit-device' }],
    ["that names the company's IdP", { iss: 'https://idp.corp.example', aud: 'jit-device' }],
  ])("never pass for each other: a job's token %s", async (_what, change) => {
    await expect(world.loginWith('github', change)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('of one issuer are told by the audience', async () => {
    const both = await workloadWorld(`workloads:
  audience: ${AUDIENCE}
  issuers: [{ preset: pinned, issuer: https://idp.corp.example }]
  pipelines: [{ name: bot, issuer: pinned, match: { sub: robot } }]
`)
    const robot = await both.idp.sign(person({ sub: 'robot', aud: AUDIENCE }))
    expect((await both.login(robot, 'k')).workload?.pipelines).toEqual(['bot'])
    expect((await both.login(await both.idp.sign(person()), 'her-key')).flow).toBe('browser')
    const sly = await both.idp.sign(person({ sub: 'robot', aud: ['jit-device', AUDIENCE] }))
    await expect(both.login(sly, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
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
