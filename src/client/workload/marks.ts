import type { Environment } from '../../base/environment.ts'

/** Variables without which there is nothing to detect: on a laptop none is set, and the sources are not even loaded. */
const MARKS = [
  'JIT_WORKLOAD',
  'JIT_WORKLOAD_TOKEN',
  'JIT_WORKLOAD_TOKEN_FILE',
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'CIRCLECI',
  'BUILDKITE',
  'TF_BUILD',
  'SPIFFE_ENDPOINT_SOCKET',
  'KUBERNETES_SERVICE_HOST',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'CODEBUILD_BUILD_ID',
  'GCE_METADATA_HOST',
  'K_SERVICE',
  'CLOUD_RUN_JOB',
]

/**
 * All that the sources read: what a background process of the same job must know to renew its login. Some of it is secret, and of
 * that job alone; it works no longer than the job does.
 */
export const JOB_VARIABLES: readonly string[] = [
  ...MARKS,
  'GITHUB_RUN_ID',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_JOB',
  'RUNNER_NAME',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'CI_SERVER_HOST',
  'CI_JOB_ID',
  'JIT_ID_TOKEN',
  'CIRCLE_WORKFLOW_JOB_ID',
  'CIRCLE_BUILD_NUM',
  'CIRCLE_OIDC_TOKEN_V2',
  'BUILDKITE_JOB_ID',
  'BUILDKITE_AGENT_ACCESS_TOKEN',
  'BUILDKITE_AGENT_ENDPOINT',
  'SYSTEM_COLLECTIONID',
  'SYSTEM_PLANID',
  'SYSTEM_JOBID',
  'SYSTEM_OIDCREQUESTURI',
  'SYSTEM_ACCESSTOKEN',
  'JIT_SERVICE_CONNECTION_ID',
  'HOSTNAME',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ROLE_ARN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_ENDPOINT_URL_STS',
]

/** Whether a workload may be at work here; cheap enough for every start. */
export const mayBeWorkload = (env: Environment): boolean => MARKS.some((name) => (env[name] ?? '') !== '')
