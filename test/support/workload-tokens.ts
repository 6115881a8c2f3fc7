import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { PresetName } from '../../src/server/config/workload-presets.ts'

/** One provider as a test knows it: where its tokens come from, and what a good one says, in the provider's own shape. */
export type Provider = {
  readonly issuer: string
  readonly alg: string
  readonly claims: (audience: string, now: number) => JWTPayload
}

const SHA = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
const ORG = '0184990a-477b-4fa8-9968-496074483cee'
const PROJECT = '0184990a-4782-42b5-afc1-16715b10b8ff'

/** Looked up in the providers' documentation, November 2026. The repository of GitHub is newer than July 2026: its `sub` has ids. */
export const PROVIDERS: Readonly<Record<PresetName, Provider>> = {
  github: {
    issuer: 'https://token.actions.githubusercontent.com',
    alg: 'RS256',
    claims: (aud, now) => ({
      jti: randomUUID(),
      sub: 'repo:octo-org@65/octo-app@123456:environment:production',
      aud,
      ref: 'refs/heads/main',
      sha: SHA,
      repository: 'octo-org/octo-app',
      repository_owner: 'octo-org',
      repository_owner_id: '65',
      run_id: '8123456',
      run_number: '10',
      run_attempt: '1',
      repository_visibility: 'private',
      repository_id: '123456',
      actor_id: '12',
      actor: 'octocat',
      workflow: 'deploy',
      head_ref: '',
      base_ref: '',
      event_name: 'push',
      ref_protected: 'true',
      ref_type: 'branch',
      workflow_ref: 'octo-org/octo-app/.github/workflows/deploy.yml@refs/heads/main',
      workflow_sha: SHA,
      job_workflow_ref: 'octo-org/octo-app/.github/workflows/deploy.yml@refs/heads/main',
      job_workflow_sha: SHA,
      runner_environment: 'github-hosted',
      environment: 'production',
      check_run_id: '41234567890',
      repo_property_team: 'data',
      iss: 'https://token.actions.githubusercontent.com',
      nbf: now - 600,
      exp: now + 300,
      iat: now,
    }),
  },
  gitlab: {
    issuer: 'https://gitlab.corp.example',
    alg: 'RS256',
    claims: (aud, now) => ({
      namespace_id: '72',
      namespace_path: 'my-group',
      project_id: '20',
      project_path: 'my-group/my-project',
      user_id: '1',
      user_login: 'sample-user',
      user_email: 'sample-user@corp.example',
      user_access_level: 'developer',
      groups_direct: ['mygroup/mysubgroup'],
      pipeline_id: '574',
      pipeline_source: 'push',
      job_id: '302',
      ref: 'main',
      ref_type: 'branch',
      ref_path: 'refs/heads/main',
      ref_protected: 'true',
      environment: 'production',
      environment_protected: 'true',
      deployment_tier: 'production',
      environment_action: 'start',
      runner_id: 1,
      runner_environment: 'self-hosted',
      sha: SHA,
      project_visibility: 'private',
      ci_config_ref_uri: 'gitlab.corp.example/my-group/my-project//.gitlab-ci.yml@refs/heads/main',
      ci_config_sha: SHA,
      jti: randomUUID(),
      iss: 'https://gitlab.corp.example',
      iat: now,
      nbf: now - 5,
      exp: now + 3600,
      sub: 'project_path:my-group/my-project:ref_type:branch:ref:main',
      aud,
    }),
  },
  circleci: {
    issuer: `https://oidc.circleci.com/org/${ORG}`,
    alg: 'RS256',
    claims: (aud, now) => ({
      aud,
      exp: now + 3600,
      iat: now,
      iss: `https://oidc.circleci.com/org/${ORG}`,
      'oidc.circleci.com/context-ids': [PROJECT],
      'oidc.circleci.com/job-id': randomUUID(),
      'oidc.circleci.com/org-id': ORG,
      'oidc.circleci.com/pipeline-id': '1c0f0b1a-6b2e-4a0c-8a4e-3f2d5b6c7d8e',
      'oidc.circleci.com/pipeline-definition-id': PROJECT,
      'oidc.circleci.com/project-id': PROJECT,
      'oidc.circleci.com/ssh-rerun': false,
      'oidc.circleci.com/vcs-origin': 'github.com/octo-org/octo-app',
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
      sub: `org/${ORG}/project/${PROJECT}/user/${ORG}/vcs-origin/github.com/octo-org/octo-app/vcs-ref/refs/heads/main`,
    }),
  },
  buildkite: {
    issuer: 'https://agent.buildkite.com',
    alg: 'RS256',
    claims: (aud, now) => ({
      iss: 'https://agent.buildkite.com',
      sub: `organization:acme:pipeline:super-app:ref:refs/heads/main:commit:${SHA}:step:deploy`,
      aud,
      iat: now,
      nbf: now,
      exp: now + 300,
      organization_slug: 'acme',
      organization_id: ORG,
      pipeline_slug: 'super-app',
      pipeline_id: PROJECT,
      build_number: 17,
      build_branch: 'main',
      build_tag: null,
      build_commit: SHA,
      step_key: 'deploy',
      job_id: randomUUID(),
      agent_id: randomUUID(),
      build_source: 'webhook',
      runner_environment: 'self-hosted',
    }),
  },
  'azure-devops': {
    issuer: `https://vstoken.dev.azure.com/${ORG}`,
    alg: 'RS256',
    claims: (_aud, now) => ({
      jti: randomUUID(),
      sub: 'p://corp/shop/deploy',
      aud: 'api://AzureADTokenExchange',
      org_id: ORG,
      prj_id: PROJECT,
      def_id: '7',
      rpo_id: PROJECT,
      rpo_uri: 'https://dev.azure.com/corp/shop/_git/shop',
      rpo_ver: SHA,
      rpo_ref: 'refs/heads/main',
      run_id: '991',
      iss: `https://vstoken.dev.azure.com/${ORG}`,
      nbf: now - 600,
      exp: now + 600,
      iat: now,
    }),
  },
  kubernetes: {
    issuer: 'https://kubernetes.default.svc.cluster.local',
    alg: 'RS256',
    claims: (aud, now) => ({
      aud: [aud],
      exp: now + 3600,
      iat: now,
      iss: 'https://kubernetes.default.svc.cluster.local',
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: 'shop',
        node: { name: 'node-1', uid: '3f2a9c1e-0d4b-4c66-9a55-7be1d2f0c8a1' },
        pod: { name: 'migrate-x7k2p', uid: '8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90' },
        serviceaccount: { name: 'deployer', uid: 'c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d' },
      },
      nbf: now,
      sub: 'system:serviceaccount:shop:deployer',
    }),
  },
  aws: {
    issuer: 'https://a1b2c3d4-5678-4abc-8def-1234567890ab.tokens.sts.global.api.aws',
    alg: 'ES384',
    claims: (aud, now) => ({
      iss: 'https://a1b2c3d4-5678-4abc-8def-1234567890ab.tokens.sts.global.api.aws',
      aud,
      sub: 'arn:aws:iam::123456789012:role/ci/deployer',
      iat: now,
      exp: now + 300,
      jti: randomUUID(),
      'https://sts.amazonaws.com/': {
        aws_account: '123456789012',
        source_region: 'eu-central-1',
        org_id: 'o-abc1234567',
        ou_path: ['o-abc1234567/r-ab12/ou-ab12-11111111/'],
        principal_id: 'arn:aws:iam::123456789012:role/ci/deployer',
        principal_tags: { team: 'data' },
        request_tags: { stage: 'prod' },
      },
    }),
  },
  google: {
    issuer: 'https://accounts.google.com',
    alg: 'RS256',
    claims: (aud, now) => ({
      aud,
      azp: '112233445566778899001',
      email: 'deployer@corp-prod.iam.gserviceaccount.com',
      email_verified: true,
      exp: now + 3600,
      google: {
        compute_engine: {
          instance_id: '6543210987654321098',
          instance_name: 'ci-1',
          instance_creation_timestamp: now - 86_400,
          project_id: 'corp-prod',
          project_number: 123_456_789_012,
          zone: 'europe-west3-a',
        },
      },
      iat: now,
      iss: 'https://accounts.google.com',
      sub: '112233445566778899001',
    }),
  },
  spiffe: {
    issuer: 'spiffe://corp.example',
    alg: 'ES256',
    claims: (aud, now) => ({ aud: [aud], exp: now + 300, iat: now, sub: 'spiffe://corp.example/ns/shop/sa/deployer' }),
  },
  pinned: {
    issuer: 'https://ci.corp.example',
    alg: 'EdDSA',
    claims: (aud, now) => ({
      iss: 'https://ci.corp.example',
      sub: 'build-farm/42',
      aud,
      iat: now,
      exp: now + 300,
      job: 'deploy',
    }),
  },
}

/** A configuration that takes them all, one pipeline each. */
export const ALL_WORKLOADS = `workloads:
  audience: https://jit.corp.example/ci
  issuers:
    - preset: github
    - { preset: gitlab, issuer: https://gitlab.corp.example }
    - { preset: circleci, issuer: "https://oidc.circleci.com/org/${ORG}" }
    - preset: buildkite
    - { preset: azure-devops, issuer: "https://vstoken.dev.azure.com/${ORG}" }
    - { preset: kubernetes, issuer: "https://kubernetes.default.svc.cluster.local", jwks: cluster.json }
    - { preset: aws, issuer: "https://a1b2c3d4-5678-4abc-8def-1234567890ab.tokens.sts.global.api.aws" }
    - preset: google
    - { preset: spiffe, issuer: "spiffe://corp.example", jwks: "https://spire.corp.example/bundle.json" }
    - { preset: pinned, issuer: https://ci.corp.example }
  pipelines:
    - { name: on-github, issuer: github, match: { repository_id: "123456", environment: production, ref: refs/heads/main } }
    - { name: on-gitlab, issuer: gitlab, match: { project_id: "20", ref: [main, release] } }
    - name: on-circleci
      issuer: circleci
      match: { oidc.circleci.com/project-id: ${PROJECT}, oidc.circleci.com/vcs-ref: refs/heads/main }
    - { name: on-buildkite, issuer: buildkite, match: { pipeline_id: ${PROJECT}, build_branch: main } }
    - { name: on-azure-devops, issuer: azure-devops, match: { prj_id: ${PROJECT}, def_id: "7", rpo_ref: refs/heads/main } }
    - name: on-kubernetes
      issuer: kubernetes
      match: { kubernetes.io/namespace: shop, kubernetes.io/serviceaccount/name: deployer }
    - { name: on-aws, issuer: aws, match: { sub: "arn:aws:iam::123456789012:role/ci/deployer" } }
    - { name: on-google, issuer: google, match: { sub: "112233445566778899001" } }
    - { name: on-spiffe, issuer: spiffe, match: { sub: "spiffe://corp.example/ns/shop/sa/deployer" } }
    - { name: on-pinned, issuer: pinned, match: { sub: build-farm/42 } }
`
