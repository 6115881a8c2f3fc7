import { instant, list, object, oneOf, type Reader, record, ShapeError, string } from './narrow.ts'

/**
 * What the endpoint seals to the caller: finished credentials, or a grant token that is one by itself. `expiration` is when the
 * cloud stops taking it. `notAfter` is the end of this slice of the grant: for AWS the time fence denies every call from then on,
 * elsewhere a client stops by itself. A client goes by the earlier one.
 */
export type CloudCredential = AwsCredential | GcpCredential | AzureCredential | KubernetesCredential

type Common<C extends string> = {
  readonly cloud: C
  readonly expiration: string
  readonly notAfter: string
}

export type AwsCredential = Common<'aws'> & {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly roleArn: string
  readonly sessionArn: string
  readonly region?: string
}

/**
 * `federated`: a grant token, which the client exchanges at Google's STS; what comes back lives exactly as long as the token
 * (clouds.md §3.1). `impersonated`: an access token of a service account, exchanged by the endpoint, since whoever may
 * impersonate chooses the lifetime himself.
 */
export type GcpCredential = Common<'gcp'> & {
  readonly project: string
  /** Whom Google's audit log names: the federated subject, or the service account. */
  readonly principal: string
  readonly region?: string
} & (
    | { readonly kind: 'federated'; readonly subjectToken: string; readonly audience: string }
    | { readonly kind: 'impersonated'; readonly accessToken: string }
  )

/** `resource` is the audience without `/.default`, e.g. `https://management.azure.com`. `expiresOn`: end of that token at Entra. */
export type AzureToken = { readonly resource: string; readonly accessToken: string; readonly expiresOn: string }

/** Access tokens of a service principal. Entra decides how long they live (60–90 minutes), so `expiration` may be after the grant. */
export type AzureCredential = Common<'azure'> & {
  /** GUIDs in lower case, as the token cache of `az` spells them. */
  readonly tenantId: string
  readonly clientId: string
  readonly subscriptionId: string
  readonly subscriptionName: string
  readonly role: string
  /** The first is Azure Resource Manager's. */
  readonly tokens: readonly AzureToken[]
}

/** The grant token itself, which the API server verifies against our keys. */
export type KubernetesCredential = Common<'kubernetes'> & {
  readonly cluster: string
  readonly server: string
  /** PEM; absent where the server's certificate is a public one. */
  readonly certificateAuthority?: string
  readonly namespace?: string
  readonly username: string
  readonly groups: readonly string[]
  readonly token: string
}

const times = { expiration: instant, notAfter: instant }

export const readAwsCredential: Reader<AwsCredential> = object(
  {
    cloud: oneOf('aws'),
    ...times,
    accessKeyId: string,
    secretAccessKey: string,
    sessionToken: string,
    roleArn: string,
    sessionArn: string,
  },
  { region: string },
)

const gcp = { cloud: oneOf('gcp'), ...times, project: string, principal: string }
const readFederated = object(
  { ...gcp, kind: oneOf('federated'), subjectToken: string, audience: string },
  { region: string },
)
const readImpersonated = object({ ...gcp, kind: oneOf('impersonated'), accessToken: string }, { region: string })
const readGcpCredential: Reader<GcpCredential> = (value, path) =>
  record(value, path)['kind'] === 'impersonated' ? readImpersonated(value, path) : readFederated(value, path)

const readAzureCredential: Reader<AzureCredential> = object({
  cloud: oneOf('azure'),
  ...times,
  tenantId: string,
  clientId: string,
  subscriptionId: string,
  subscriptionName: string,
  role: string,
  tokens: list(object({ resource: string, accessToken: string, expiresOn: instant })),
})

const readKubernetesCredential: Reader<KubernetesCredential> = object(
  {
    cloud: oneOf('kubernetes'),
    ...times,
    cluster: string,
    server: string,
    username: string,
    groups: list(string),
    token: string,
  },
  { certificateAuthority: string, namespace: string },
)

export const readCloudCredential: Reader<CloudCredential> = (value, path) => {
  const { cloud } = record(value, path)
  switch (cloud) {
    case 'aws':
      return readAwsCredential(value, path)
    case 'gcp':
      return readGcpCredential(value, path)
    case 'azure':
      return readAzureCredential(value, path)
    case 'kubernetes':
      return readKubernetesCredential(value, path)
    default:
      throw new ShapeError(`${path}.cloud`, 'one of aws, gcp, azure, kubernetes')
  }
}
