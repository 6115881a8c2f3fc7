import type { Environment } from '../base/environment.ts'
import type { ProcessCredential } from '../base/process-credential.ts'
import type { Exports } from '../base/shell-export.ts'
import type { Cloud } from '../contract/target.ts'
import type { Lease } from './leases/types.ts'
import { gcloudTokenVariables } from './sinks/clouds/gcloud-token.ts'
import type { Guide } from './sinks/types.ts'

/**
 * Variables that a client takes before those of ours, or where ours say nothing: a standing key there would do the work of the
 * grant. botocore looks at `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, and at a web identity of the surroundings (a pod, a CI
 * job) before the keys of a profile; Terraform's providers have names of their own (`GOOGLE_CREDENTIALS`, `ARM_…`).
 */
const RIVALS: Readonly<Record<Cloud, readonly string[]>> = {
  aws: [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_SECURITY_TOKEN',
    'AWS_DEFAULT_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_ROLE_ARN',
    'AWS_ROLE_SESSION_NAME',
  ],
  gcp: [
    'CLOUDSDK_AUTH_ACCESS_TOKEN',
    'CLOUDSDK_AUTH_ACCESS_TOKEN_FILE',
    'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
    'CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT',
    'CLOUDSDK_CORE_ACCOUNT',
    'CLOUDSDK_CORE_PROJECT',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_CREDENTIALS',
    'GOOGLE_CLOUD_KEYFILE_JSON',
    'GCLOUD_KEYFILE_JSON',
    'GOOGLE_OAUTH_ACCESS_TOKEN',
    'GOOGLE_IMPERSONATE_SERVICE_ACCOUNT',
  ],
  azure: [
    'AZURE_CLIENT_SECRET',
    'AZURE_CLIENT_CERTIFICATE_PATH',
    'AZURE_FEDERATED_TOKEN_FILE',
    'AZURE_PASSWORD',
    'ARM_CLIENT_ID',
    'ARM_CLIENT_SECRET',
    'ARM_CLIENT_CERTIFICATE',
    'ARM_CLIENT_CERTIFICATE_PATH',
    'ARM_OIDC_TOKEN',
    'ARM_OIDC_TOKEN_FILE_PATH',
  ],
  kubernetes: [],
}

/**
 * What makes clients use this lease, in all its clouds. Paths and names, no secret but for `gcloudToken`, which is for the one child
 * of `jit exec`.
 */
export function leaseEnvironment(lease: Lease, guides: readonly Guide[], gcloudToken?: string): Exports {
  const set = guides.map(({ entry: { cloud, validUntil }, environment }) => ({
    ...environment,
    ...(cloud === 'aws' ? awsExpiration(Math.min(validUntil, lease.endsAt)) : {}),
  }))
  return withoutRivals(
    Object.assign({}, ...set, gcloudToken === undefined ? {} : gcloudTokenVariables(gcloudToken)),
    guides.map(({ entry }) => entry.cloud),
  )
}

/** The AWS keys themselves, for programs that read nothing but variables. `AWS_PROFILE` goes: it may name a profile that is not there. */
export function awsKeys(credential: ProcessCredential, region: string | undefined): Exports {
  const set = {
    AWS_ACCESS_KEY_ID: credential.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: credential.SecretAccessKey,
    AWS_SESSION_TOKEN: credential.SessionToken,
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...awsExpiration(Date.parse(credential.Expiration)),
  }
  return { set, unset: ['AWS_PROFILE', ...withoutRivals(set, ['aws']).unset] }
}

/** Prompts such as starship read the first, botocore and aws-vault the second. */
function awsExpiration(ms: number): Readonly<Record<string, string>> {
  const at = `${new Date(ms).toISOString().slice(0, 19)}Z`
  return { AWS_SESSION_EXPIRATION: at, AWS_CREDENTIAL_EXPIRATION: at }
}

function withoutRivals(set: Readonly<Record<string, string>>, clouds: readonly Cloud[]): Exports {
  return { set, unset: clouds.flatMap((cloud) => RIVALS[cloud]).filter((name) => !(name in set)) }
}

/** Of jit itself, and of no use or none of the business of others. */
const OWN_SECRETS = ['JIT_PASSPHRASE', 'JIT_PASSPHRASE_FD']

/** The whole environment of a child that works with a lease. */
export function childEnvironment(
  env: Environment,
  { set, unset }: Exports,
  lease: Lease,
): Readonly<Record<string, string>> {
  const gone = new Set([...unset, ...OWN_SECRETS])
  const inherited = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || gone.has(name) ? [] : [[name, value] as const],
  )
  const { id, target, endsAt } = lease
  return {
    ...Object.fromEntries(inherited),
    ...set,
    JIT_GRANTED_TARGET: target,
    JIT_GRANTED_ID: id,
    JIT_GRANTED_UNTIL: new Date(endsAt).toISOString(),
  }
}
