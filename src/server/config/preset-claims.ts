import type { IdShape, PresetName } from './workload-presets.ts'

/** What tokens of one provider say, as its documentation lists it. A provider may add to that any day, so nothing is refused by it. */
export type PresetClaims = {
  /** Claims that are texts or yes and no: only these are compared. */
  readonly texts: readonly string[]
  /** Claims of names that the provider's customers choose. */
  readonly families: readonly RegExp[]
  /** Numbers and lists, which equal no text. */
  readonly others: readonly string[]
  /** How some are written, where people often write them otherwise. */
  readonly shapes: Readonly<Record<string, IdShape>>
  /** Every event that the provider knows of, where a claim of the token names it. */
  readonly events?: readonly string[]
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/)
const within = (prefix: string, names: string): readonly string[] => words(names).map((name) => `${prefix}${name}`)

const wholeRef: IdShape = { pattern: /^refs\/./, expected: 'the whole name such as refs/heads/main' }
const bareBranch: IdShape = { pattern: /^(?!refs\/)/, expected: 'the bare name such as main' }
const yesOrNo: IdShape = { pattern: /^(?:true|false)$/, expected: 'true or false' }
const workflow: IdShape = {
  pattern: /^[^/]+\/[^/]+\/.+@.+$/,
  expected: 'the whole name such as octo-org/deploy/.github/workflows/deploy.yml@refs/heads/main',
}

/** By preset; nobody knows what a `pinned` issuer says, and a SPIFFE server may be set up to say more. Looked up in November 2026. */
export const PRESET_CLAIMS: Readonly<Partial<Record<PresetName, PresetClaims>>> = {
  github: {
    texts:
      words(`actor actor_id base_ref check_run_id enterprise enterprise_id environment environment_node_id event_name
      head_ref job_workflow_ref job_workflow_sha ref ref_protected ref_type repository repository_id repository_owner
      repository_owner_id repository_visibility run_attempt run_id run_number runner_environment sha workflow workflow_ref
      workflow_sha`),
    families: [/^repo_property_./],
    others: [],
    shapes: {
      ref: wholeRef,
      ref_protected: yesOrNo,
      base_ref: bareBranch,
      head_ref: bareBranch,
      job_workflow_ref: workflow,
      workflow_ref: workflow,
    },
    events: words(`branch_protection_rule check_run check_suite create delete deployment deployment_status discussion
      discussion_comment dynamic fork gollum image_version issue_comment issues label merge_group milestone page_build
      public pull_request pull_request_review pull_request_review_comment pull_request_target push registry_package release
      repository_dispatch schedule status watch workflow_dispatch workflow_run`),
  },
  gitlab: {
    texts:
      words(`ci_config_ref_uri ci_config_sha deployment_tier environment environment_action environment_protected job_id
      job_namespace_id job_namespace_path job_project_id job_project_path job_source namespace_id namespace_path pipeline_id
      pipeline_source project_id project_path project_visibility ref ref_path ref_protected ref_type runner_environment sha
      user_access_level user_email user_id user_login`),
    families: [],
    others: words('groups_direct runner_id user_identities'),
    shapes: { ref: bareBranch, ref_path: wholeRef, ref_protected: yesOrNo, environment_protected: yesOrNo },
    events:
      words(`api chat container_registry_push duo_workflow external external_pull_request_event merge_request_event
      ondemand_dast_scan ondemand_dast_validation parent_pipeline pipeline pipeline_execution_policy_schedule push schedule
      security_orchestration_policy trigger web webide`),
  },
  circleci: {
    texts: within(
      'oidc.circleci.com/',
      'job-id org-id pipeline-definition-id pipeline-id project-id ssh-rerun user-id vcs-origin vcs-ref workflow-id',
    ),
    families: [],
    others: ['oidc.circleci.com/context-ids'],
    shapes: { 'oidc.circleci.com/vcs-ref': wholeRef, 'oidc.circleci.com/ssh-rerun': yesOrNo },
  },
  buildkite: {
    texts: words(`agent_id build_branch build_commit build_id build_source build_tag cluster_id cluster_name job_id
      organization_id organization_slug pipeline_id pipeline_slug queue_id queue_key runner_environment step_key`),
    families: [/^agent_tag:./],
    others: ['build_number'],
    shapes: { build_branch: bareBranch },
  },
  'azure-devops': {
    texts: words('def_id org_id prj_id rpo_id rpo_ref rpo_uri rpo_ver run_id'),
    families: [],
    others: [],
    shapes: { rpo_ref: wholeRef },
  },
  kubernetes: {
    texts: within(
      'kubernetes.io/',
      'namespace node/name node/uid pod/name pod/uid secret/name secret/uid serviceaccount/name serviceaccount/uid',
    ),
    families: [],
    others: ['kubernetes.io/warnafter'],
    shapes: {},
  },
  aws: {
    texts: [],
    families: [/^https:\/\/sts\.amazonaws\.com\/./],
    others: ['https://sts.amazonaws.com/ou_path'],
    shapes: {},
  },
  google: {
    texts: words('azp email email_verified hd'),
    families: [/^google\/./],
    others: within('google/compute_engine/', 'instance_creation_timestamp project_number'),
    shapes: { email_verified: yesOrNo },
  },
}

/** RFC 7519 §4.1: what every token says. */
const EVERY = ['iss', 'sub', 'aud', 'jti']
const TIMES = ['exp', 'nbf', 'iat']

/** `no`: its tokens do not have it; `other`: they do, as a number or list; `unknown`: nobody can tell for this preset. */
export function saysClaim(preset: PresetName, claim: string): 'yes' | 'no' | 'other' | 'unknown' {
  if (EVERY.includes(claim)) return 'yes'
  if (TIMES.includes(claim)) return 'other'
  const known = PRESET_CLAIMS[preset]
  if (known === undefined) return 'unknown'
  if (known.others.includes(claim)) return 'other'
  return known.texts.includes(claim) || known.families.some((family) => family.test(claim)) ? 'yes' : 'no'
}
