import type { TokenRules } from './types.ts'

/** How an immutable id is written, so that a name in its place shows at the start. */
export type IdShape = { readonly pattern: RegExp; readonly expected: string }

/** What is known of one provider: whose tokens, what they must be like, and which claims tell one job's origin from all others for good. */
export type Preset = TokenRules & {
  /** Absent: the configuration names it. */
  readonly issuer?: string
  /** What `issuer` is, for people. */
  readonly issuerIs: string
  /** Set where the provider lets nobody choose. */
  readonly audience?: string
  /** A pipeline must match all claims of one of these. Whoever can take over a name takes over what is matched by name. */
  readonly ids: readonly Readonly<Record<string, IdShape>>[]
  /** Matched unless the pipeline matches the claim itself. */
  readonly usually?: Readonly<Record<string, string>>
  /** A pipeline must match one of these too, unless it names `event`: its token does not tell otherwise. */
  readonly origin?: { readonly claims: readonly string[]; readonly event: string }
  /** Any branch can use a pipeline that matches none of these. */
  readonly narrowing?: readonly string[]
}

const digits: IdShape = { pattern: /^[1-9]\d{0,29}$/, expected: 'a number in quotes such as "123456"' }
const uuid: IdShape = {
  pattern: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/,
  expected: 'an id such as 0184990a-477b-4fa8-9968-496074483cee',
}
const label: IdShape = { pattern: /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, expected: 'a Kubernetes name' }
const text: IdShape = { pattern: /^[\s\S]+$/, expected: 'a text' }

/** Every provider. Claims as their documentation names them, looked up in November 2026 (docs/ci-administrator.md). */
export const PRESETS = {
  github: {
    issuer: 'https://token.actions.githubusercontent.com',
    issuerIs: 'the issuer of the GitHub Enterprise Server, https://HOST/_services/token',
    algorithms: ['RS256'],
    required: ['jti', 'repository_id', 'repository_owner_id', 'repository', 'event_name'],
    ids: [{ repository_id: digits }, { repository_owner_id: digits }],
    events: {
      claim: 'event_name',
      usual: ['push', 'workflow_dispatch', 'schedule', 'release', 'repository_dispatch', 'deployment'],
      signs: [
        { claim: 'sub', pattern: /:pull_request$/, event: 'pull_request' },
        { claim: 'head_ref', pattern: /./, event: 'pull_request' },
        { claim: 'ref', pattern: /^refs\/pull\//, event: 'pull_request' },
      ],
    },
    narrowing: ['ref', 'environment', 'job_workflow_ref', 'workflow_ref', 'ref_protected'],
    run: ['run_id', 'run_attempt'],
    label: '{repository}@{ref}',
  },
  gitlab: {
    issuer: 'https://gitlab.com',
    issuerIs: 'the URL of the GitLab instance',
    algorithms: ['RS256'],
    required: ['jti', 'project_id', 'namespace_id', 'project_path', 'pipeline_source', 'ref_protected'],
    ids: [{ project_id: digits }, { namespace_id: digits }],
    usually: { ref_protected: 'true' },
    events: {
      claim: 'pipeline_source',
      usual: ['push', 'web', 'schedule', 'api', 'trigger', 'pipeline', 'parent_pipeline'],
      // A child pipeline says parent_pipeline, also where its parent is a merge request's.
      signs: [{ claim: 'ref_path', pattern: /^refs\/merge-requests\//, event: 'merge_request_event' }],
    },
    run: ['pipeline_id'],
    label: '{project_path}@{ref}',
  },
  circleci: {
    issuerIs: 'the issuer of your organization, https://oidc.circleci.com/org/ORGANIZATION_ID',
    algorithms: ['RS256'],
    required: ['oidc.circleci.com/project-id', 'oidc.circleci.com/ssh-rerun'],
    ids: [{ 'oidc.circleci.com/project-id': uuid }],
    // Whoever may rerun a job with SSH has a shell in it.
    usually: { 'oidc.circleci.com/ssh-rerun': 'false' },
    events: {
      usual: ['build'],
      signs: [{ claim: 'oidc.circleci.com/vcs-ref', pattern: /^refs\/(?:heads\/)?pull\//, event: 'pull_request' }],
      unsaid: { claim: 'oidc.circleci.com/vcs-ref', event: 'pull_request' },
    },
    narrowing: ['oidc.circleci.com/vcs-ref'],
    run: ['oidc.circleci.com/pipeline-id'],
    label: '{oidc.circleci.com/vcs-origin}@{oidc.circleci.com/vcs-ref}',
  },
  buildkite: {
    issuer: 'https://agent.buildkite.com',
    issuerIs: 'the issuer of Buildkite',
    algorithms: ['RS256'],
    required: ['organization_slug', 'pipeline_slug', 'build_branch'],
    ids: [{ pipeline_id: uuid }, { organization_id: uuid }],
    events: {
      usual: ['build'],
      // Builds of forks: the owner of the fork stands before the branch.
      signs: [{ claim: 'build_branch', pattern: /:/, event: 'pull_request' }],
    },
    origin: { claims: ['build_branch', 'build_tag'], event: 'pull_request' },
    run: ['organization_slug', 'pipeline_slug', 'build_number'],
    label: '{organization_slug}/{pipeline_slug}@{build_branch}',
  },
  'azure-devops': {
    issuerIs: 'the issuer of your organization, https://vstoken.dev.azure.com/ORGANIZATION_ID',
    audience: 'api://AzureADTokenExchange',
    algorithms: ['RS256'],
    required: [],
    ids: [
      { prj_id: uuid },
      { sub: { pattern: /^(?:sc:\/\/[^/]+\/[^/]+\/|\/eid1\/)./, expected: 'the subject of a service connection' } },
    ],
    events: {
      usual: ['build'],
      signs: [{ claim: 'rpo_ref', pattern: /^refs\/pull\//, event: 'pull_request' }],
      unsaid: { claim: 'rpo_ref', event: 'pull_request' },
    },
    narrowing: ['rpo_ref', 'sub'],
    run: ['run_id'],
    label: '{sub}',
  },
  kubernetes: {
    issuerIs: 'the issuer of the cluster, as `kubectl get --raw /.well-known/openid-configuration` shows it',
    algorithms: ['RS256', 'ES256', 'ES384', 'ES512'],
    required: ['kubernetes.io/namespace', 'kubernetes.io/serviceaccount/name', 'kubernetes.io/serviceaccount/uid'],
    ids: [
      { 'kubernetes.io/namespace': label, 'kubernetes.io/serviceaccount/name': label },
      { 'kubernetes.io/serviceaccount/uid': uuid },
    ],
    run: ['kubernetes.io/pod/uid'],
    label: '{kubernetes.io/namespace}/{kubernetes.io/serviceaccount/name}',
  },
  aws: {
    issuerIs: 'the issuer of the account, as `aws iam get-outbound-web-identity-federation-info` shows it',
    algorithms: ['RS256', 'ES384'],
    required: ['jti', 'https://sts.amazonaws.com/aws_account'],
    ids: [
      {
        sub: {
          pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
          expected: 'the ARN of a role, which names its account',
        },
      },
    ],
    run: [],
    label: '{sub}',
  },
  google: {
    issuer: 'https://accounts.google.com',
    issuerIs: "Google's issuer",
    algorithms: ['RS256'],
    required: ['azp'],
    ids: [{ sub: { pattern: /^\d{10,30}$/, expected: "the service account's unique id, in quotes" } }],
    run: [],
    label: '{email}',
  },
  spiffe: {
    issuerIs: 'the trust domain, spiffe://corp.example',
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'],
    required: [],
    ids: [{ sub: { pattern: /^spiffe:\/\/[a-z0-9._-]+\/[\w./-]+$/, expected: 'a whole SPIFFE ID' } }],
    run: [],
    label: '{sub}',
    spiffe: true,
  },
  pinned: {
    issuerIs: 'the issuer, an https:// URL',
    algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    required: [],
    ids: [{ sub: text }],
    run: [],
    label: '{sub}',
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof PRESETS

/** Widened: which members a preset leaves out is nobody's concern but the table's. */
export const presetOf = (name: PresetName): Preset => PRESETS[name]

export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]]

/** `undefined` where no preset is called so. */
export const presetNamed = (provider: string | undefined): PresetName | undefined =>
  PRESET_NAMES.find((each) => each === provider)

/** The sets of id claims of which a pipeline must match one. `named` is what the configuration says for a pinned issuer. */
export const idsOf = (preset: PresetName, named?: readonly string[]): Preset['ids'] =>
  named === undefined ? presetOf(preset).ids : [Object.fromEntries(named.map((claim) => [claim, text]))]
