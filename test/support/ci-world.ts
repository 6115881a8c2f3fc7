import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { startServer } from './http-server.ts'
import { type Ended, launch, type Running } from './launch.ts'
import { fakeProgram } from './workload.ts'
import { startWorld, TARGETS, type World } from './world.ts'

const BIN = path.resolve(import.meta.dirname, '../../bin/jit.js')
const NODE = path.dirname(process.execPath)

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

const CONFIG = `
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
const POLICY = `${PIPELINES.map(permit).join('')}
@id("dba-approves")
permit(principal in Group::"dba", action == Action::"approve", resource);
`

/** A machine that runs one job: a home, an environment, `jit` on its PATH. */
export type Job = {
  readonly home: string
  readonly programs: string
  readonly env: Readonly<Record<string, string>>
  jit(...args: string[]): Promise<Ended>
  start(...args: string[]): Running
  /** A script of the pipeline, in bash as runners start it. */
  bash(script: string, env?: Readonly<Record<string, string>>): Promise<Ended>
  /** Files below the home that hold this. */
  holding(text: string): readonly string[]
}

export type CiWorld = {
  readonly world: World
  readonly url: string
  /** Where GitHub's runner, Azure's agent and Google's metadata server would have their token services. */
  readonly services: string
  /** Tokens that the platforms made so far. */
  readonly made: () => number
  /** A token that a platform would make for a job. */
  token(provider: CiProvider, more?: JWTPayload): Promise<string>
  job(name: string, env?: Readonly<Record<string, string>>): Job
  close(): Promise<void>
}

export const RUNNER_BEARER = 'the-runner-knows-this'

export async function startCiWorld(): Promise<CiWorld> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'p1', alg: 'RS256', use: 'sig' }
  const world = await startWorld({
    targets: TARGETS,
    policy: POLICY,
    config: CONFIG,
    files: {
      'platforms.json': JSON.stringify({ keys: [jwk] }),
      'bundle.json': JSON.stringify({ keys: [{ ...jwk, use: 'jwt-svid' }] }),
    },
  })
  const { url } = world.endpoint
  let made = 0
  const token = (provider: CiProvider, more: JWTPayload = {}): Promise<string> => {
    made += 1
    const aud = provider === 'azure-devops' ? 'api://AzureADTokenExchange' : url
    return new SignJWT({ jti: `t-${made}-${process.hrtime.bigint()}`, aud, ...CLAIMS[provider], ...more })
      .setProtectedHeader({ alg: 'RS256', kid: 'p1', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
  }
  const services = await startServer((request, response) => {
    const asked = new URL(request.url ?? '', 'http://127.0.0.1')
    const aud = asked.searchParams.get('audience') ?? ''
    const isBearer = /^bearer (.*)$/i.exec(request.headers.authorization ?? '')?.[1] === RUNNER_BEARER
    const answer = async (): Promise<string | undefined> => {
      const claims: unknown = JSON.parse(asked.searchParams.get('claims') ?? '{}')
      const more = typeof claims === 'object' && claims !== null ? { ...claims } : {}
      if (asked.pathname === '/github' && isBearer)
        return JSON.stringify({ count: 1, value: await token('github', { ...more, aud }) })
      if (asked.pathname === '/azure' && isBearer && request.method === 'POST')
        return JSON.stringify({ oidcToken: await token('azure-devops') })
      if (asked.pathname === '/task-role') return JSON.stringify(TASK_ROLE)
      if (asked.pathname === '/sts' || asked.pathname === '/sts/') return webIdentity(request, await token('aws'))
      const isMetadata = asked.pathname.endsWith('/service-accounts/default/identity')
      return isMetadata && request.headers['metadata-flavor'] === 'Google' ? token('google', { aud }) : undefined
    }
    void answer().then((text) => response.writeHead(text === undefined ? 403 : 200).end(text))
  })
  return {
    world,
    url,
    services: services.url,
    made: () => made,
    token,
    job: (name, env = {}) => createJob(path.join(world.directory, 'jobs', name), { url, aws: world.aws.url, env }),
    close: async () => {
      await world.close()
      await services.close()
    },
  }
}

/** What a container of AWS is given for its role. */
const TASK_ROLE = {
  AccessKeyId: 'ASIATASKROLE00000001',
  SecretAccessKey: 'of-the-task-role',
  Token: 'session-of-the-task-role',
  Expiration: '2099-01-01T00:00:00Z',
}

/** STS' answer to `GetWebIdentityToken`, for calls signed by the role alone. */
function webIdentity(request: IncomingMessage, token: string): string | undefined {
  const isSigned = (request.headers.authorization ?? '').includes(`Credential=${TASK_ROLE.AccessKeyId}/`)
  if (!isSigned || request.headers['x-amz-security-token'] !== TASK_ROLE.Token) return undefined
  return `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult><WebIdentityToken>${token}</WebIdentityToken><Expiration>2099-01-01T00:00:00Z</Expiration></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>`
}

type JobParts = { readonly url: string; readonly aws: string; readonly env: Readonly<Record<string, string>> }

function createJob(home: string, { url, aws, env: more }: JobParts): Job {
  const programs = path.join(home, 'programs')
  mkdirSync(path.join(home, 'temp'), { recursive: true })
  fakeProgram(programs, 'jit', `exec '${process.execPath}' '${BIN}' "$@"`)
  const env = {
    PATH: `${programs}:${NODE}:/usr/bin:/bin`,
    HOME: home,
    CI: 'true',
    JIT_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL: aws,
    AWS_EC2_METADATA_DISABLED: 'true',
    LC_ALL: 'C.UTF-8',
    ...more,
  }
  const start = (...args: string[]): Running => launch(process.execPath, [BIN, ...args], env)
  return {
    home,
    programs,
    env,
    start,
    jit: (...args) => start(...args).done,
    bash: (script, extra = {}) => {
      const file = path.join(home, 'temp', 'script.sh')
      writeFileSync(file, script)
      const inHome = ['-c', 'cd "$HOME" && exec "$@"', 'bash', 'bash', '--noprofile', '--norc', '-e', '-o', 'pipefail']
      return launch('bash', [...inHome, file], { ...env, ...extra }).done
    },
    holding: (text) => filesBelow(home).filter((file) => readFileSync(file).includes(text)),
  }
}

const filesBelow = (directory: string): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
    : []

/** What GitHub's runner sets for a step. */
export const githubEnv = (services: string, more: Readonly<Record<string, string>> = {}, claims: JWTPayload = {}) => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'deploy',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_WORKFLOW: 'deploy',
  RUNNER_NAME: 'runner 1',
  RUNNER_TEMP: '/tmp',
  ACTIONS_ID_TOKEN_REQUEST_URL: `${services}/github?api-version=2.0&claims=${encodeURIComponent(JSON.stringify(claims))}`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: RUNNER_BEARER,
  ...more,
})
