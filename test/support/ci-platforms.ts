import type { JWTPayload } from 'jose'

/** Immutable form of `sub` (repositories made since July 2026), which no policy should parse. */
const GITHUB = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:acme@4711/shop@815:ref:refs/heads/main',
  repository: 'acme/shop',
  repository_id: '815',
  repository_owner: 'acme',
  repository_owner_id: '4711',
  repository_visibility: 'private',
  event_name: 'push',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  ref_protected: 'true',
  sha: 'a'.repeat(40),
  workflow: 'deploy',
  workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  job_workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  actor: 'eve',
  actor_id: '99',
  run_id: '42',
  run_number: '7',
  run_attempt: '1',
  runner_environment: 'github-hosted',
}
const ORG = '0184990a-477b-4fa8-9968-496074483cee'
const PROJECT = '0184990a-477b-4fa8-9968-496074483cef'

/** Claims of the real shape, one job each. */
export const CLAIMS = {
  github: GITHUB,
  gitlab: {
    iss: 'https://gitlab.com',
    sub: 'project_path:acme/shop:ref_type:branch:ref:main',
    project_id: '22',
    project_path: 'acme/shop',
    namespace_id: '72',
    namespace_path: 'acme',
    user_id: '1',
    user_login: 'eve',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    runner_id: 1,
    runner_environment: 'gitlab-hosted',
    ci_config_ref_uri: 'gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main',
  },
  circleci: {
    iss: `https://oidc.circleci.com/org/${ORG}`,
    sub: `org/${ORG}/project/${PROJECT}/user/${ORG}`,
    'oidc.circleci.com/project-id': PROJECT,
    'oidc.circleci.com/context-ids': [],
    'oidc.circleci.com/vcs-origin': 'github.com/acme/shop',
    'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    'oidc.circleci.com/ssh-rerun': false,
  },
  buildkite: {
    iss: 'https://agent.buildkite.com',
    sub: 'organization:acme:pipeline:shop:ref:refs/heads/main:commit:abc:step:deploy',
    organization_slug: 'acme',
    organization_id: ORG,
    pipeline_slug: 'shop',
    pipeline_id: PROJECT,
    build_number: 1,
    build_branch: 'main',
    build_commit: 'abc',
    step_key: 'deploy',
    job_id: ORG,
  },
  'azure-devops': {
    iss: `https://vstoken.dev.azure.com/${ORG}`,
    sub: 'p://acme/shop/deploy',
    org_id: ORG,
    prj_id: PROJECT,
    def_id: '3',
    rpo_ref: 'refs/heads/main',
    run_id: '77',
  },
  kubernetes: {
    iss: 'https://kubernetes.default.svc.cluster.local',
    sub: 'system:serviceaccount:jobs:migrate',
    'kubernetes.io': {
      namespace: 'jobs',
      serviceaccount: { name: 'migrate', uid: PROJECT },
      pod: { name: 'migrate-1', uid: ORG },
    },
  },
  google: {
    iss: 'https://accounts.google.com',
    sub: '112233445566778899000',
    azp: '112233445566778899000',
    email: 'migrate@acme.iam.gserviceaccount.com',
    email_verified: true,
  },
  aws: {
    iss: `https://${ORG}.tokens.sts.global.api.aws`,
    sub: 'arn:aws:iam::123456789012:role/deploy',
    'https://sts.amazonaws.com/': { aws_account: '123456789012', source_region: 'eu-central-1', principal_id: 'arn' },
  },
  spiffe: { sub: 'spiffe://corp.example/ci/deploy' },
  pinned: { iss: 'https://ci.corp.example', sub: 'shop/deploy' },
} as const satisfies Readonly<Record<string, JWTPayload>>
export type CiProvider = keyof typeof CLAIMS

/** Where there is not one for all customers. */
const ISSUER: Readonly<Partial<Record<CiProvider, string>>> = {
  circleci: CLAIMS.circleci.iss,
  'azure-devops': CLAIMS['azure-devops'].iss,
  kubernetes: CLAIMS.kubernetes.iss,
  aws: CLAIMS.aws.iss,
  spiffe: 'spiffe://corp.example',
  pinned: CLAIMS.pinned.iss,
}
const ISSUERS = (Object.keys(CLAIMS) as CiProvider[])
  .map((preset) => {
    const issuer = ISSUER[preset] === undefined ? '' : `, issuer: "${ISSUER[preset]}"`
    return `    - { preset: ${preset}, jwks: ${preset === 'spiffe' ? 'bundle' : 'platforms'}.json${issuer} }\n`
  })
  .join('')

/** Of the endpoint: every platform, and the pipelines that the claims above are. */
export const CONFIG = `
workloads:
  issuers:
${ISSUERS}  pipelines:
    - { name: shop-github, issuer: github, match: { repository_id: "815", ref: refs/heads/main } }
    - { name: shop-gitlab, issuer: gitlab, match: { project_id: "22", ref: main } }
    - { name: shop-circleci, issuer: circleci, match: { oidc.circleci.com/project-id: ${PROJECT}, oidc.circleci.com/vcs-ref: refs/heads/main } }
    - { name: shop-buildkite, issuer: buildkite, match: { pipeline_id: ${PROJECT}, build_branch: main } }
    - { name: shop-azure, issuer: azure-devops, match: { prj_id: ${PROJECT}, rpo_ref: refs/heads/main } }
    - { name: migrate, issuer: kubernetes, match: { kubernetes.io/namespace: jobs, kubernetes.io/serviceaccount/name: migrate } }
    - { name: nightly, issuer: google, match: { sub: "112233445566778899000" } }
    - { name: role, issuer: aws, match: { sub: "arn:aws:iam::123456789012:role/deploy" } }
    - { name: svid, issuer: spiffe, match: { sub: "spiffe://corp.example/ci/deploy" } }
    - { name: own, issuer: pinned, match: { sub: shop/deploy } }
`

const PIPELINES = [
  'shop-github',
  'shop-gitlab',
  'shop-circleci',
  'shop-buildkite',
  'shop-azure',
  'migrate',
  'nightly',
  'role',
  'svid',
  'own',
]
const permit = (pipeline: string): string => `
@id("${pipeline}-asks")
permit(principal in Pipeline::"${pipeline}", action == Action::"request", resource);
@id("${pipeline}-at-once")
permit(principal in Pipeline::"${pipeline}", action == Action::"autoApprove", resource == Target::"prod-db");
`
/** `prod-db` at once, all else by people. */
export const POLICY = `${PIPELINES.map(permit).join('')}
@id("dba-approves")
permit(principal in Group::"dba", action == Action::"approve", resource);
@id("dba-administers")
permit(principal in Group::"dba", action == Action::"administer", resource);
`
