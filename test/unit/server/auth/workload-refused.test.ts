import { generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PresetName } from '../../../../src/server/config/workload-presets.ts'
import { PROVIDERS } from '../../../support/workload-tokens.ts'
import { AUDIENCE, type Header, workloadWorld } from '../../../support/workload-world.ts'

type World = Awaited<ReturnType<typeof workloadWorld>>
let world: World
beforeAll(async () => {
  world = await workloadWorld()
})

const gone = undefined as never
const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000

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
    ['longer than any call may bring', 'pinned', { job: 'x'.repeat(32_768) }, /cannot be read/],
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

  test('for another audience, and says which one is wanted', async () => {
    await expect(world.loginWith('gitlab', { aud: 'https://vault.corp.example' })).rejects.toMatchObject({
      hint: expect.stringContaining('https://jit.corp.example/ci'),
    })
  })

  test('signed with a key for certificates of the trust domain', async () => {
    const forged = await world.idp.sign(world.claims('spiffe'), { kid: 'ca' })
    await expect(world.login(forged, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test.each(['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.W10.', 'x'.repeat(40_000)])(
    'where it is none: %.20j',
    async (text) => {
      await expect(world.login(text, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
    },
  )
})
