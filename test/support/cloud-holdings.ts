import type { SimulatorOptions as AwsOptions } from '../simulators/aws/config.ts'
import type { SimulatorOptions as AzureOptions } from '../simulators/azure/config.ts'
import type { SimulatorOptions as GcpOptions } from '../simulators/gcp/config.ts'
import type { SimulatorOptions as KubernetesOptions } from '../simulators/kubernetes/config.ts'
import type { Cloud } from '../../src/contract/target.ts'
import type { WorldTarget } from './world-aws.ts'

/** What the company has in each cloud, with trust as `jit-endpoint trust` writes it, and what Alice may do there without jit. */

export const ACCOUNT = '123456789012'
export const BUCKET = 'orders'
export const PROJECT = 'corp-prod'
const POOL = `projects/${ACCOUNT}/locations/global/workloadIdentityPools/jit-pool`
export const TENANT = '11111111-1111-4111-8111-111111111111'
export const CLUSTER_AUDIENCE = 'https://kubernetes.corp.example/prod'
export const NAMESPACE = 'prod'

/** Of Alice herself: what stands in her files before jit does. `issuer` stands for the logins that the vendors' clients made for her. */
export const OWN = {
  subject: 'own-login-of-alice',
  role: 'alice-own',
  project: 'alice-dev',
  provider: `${POOL}/providers/corp-login`,
  client: 'bbbbbbbb-0000-4000-8000-00000000aaaa',
  subscription: 'aaaaaaaa-0000-4000-8000-00000000aaaa',
  subscriptionName: 'Alice Dev',
  cluster: 'https://kubernetes.corp.example/own',
} as const

export type CloudTarget = WorldTarget & { readonly clouds: readonly Cloud[] }

/** Numbered, so that each has an application and a subscription of its own. */
const guid = (kind: string, index: number): string =>
  `${kind.repeat(8)}-0000-4000-8000-${String(index + 1).padStart(12, '0')}`
export const clientOf = (index: number): string => guid('b', index)
export const subscriptionOf = (index: number): string => guid('a', index)

/** A target of such a company, as far as tests care. */
export type Wanted = {
  readonly name: string
  readonly description: string
  readonly clouds: readonly Cloud[]
  readonly labels?: readonly string[]
  readonly maxDuration?: string
  readonly renewEvery?: string
}

/** `server` and `certificateAuthority` are of the cluster, which has no production name. */
export function cloudTarget(
  { name, description, clouds, labels = ['env=prod'], maxDuration = '4h', renewEvery }: Wanted,
  index: number,
  { server, certificateAuthority }: { readonly server: string; readonly certificateAuthority: string },
): CloudTarget {
  const blocks: Readonly<Record<Cloud, string>> = {
    aws: '',
    gcp: `gcp: { project: ${PROJECT}, provider: ${POOL}/providers/jit-endpoint, roles: [roles/browser], region: europe-west3 }`,
    azure: `azure: { tenant: ${TENANT}, client: ${clientOf(index)}, subscription: ${subscriptionOf(index)}, subscriptionName: ${name}, role: Reader, resources: ["https://vault.azure.net"] }`,
    kubernetes: `kubernetes: { cluster: prod-eu, server: "${server}", certificateAuthority: ${certificateAuthority}, audience: "${CLUSTER_AUDIENCE}", namespace: ${NAMESPACE} }`,
  }
  const more = clouds.map((cloud) => blocks[cloud])
  return {
    name,
    description,
    maxDuration,
    labels,
    clouds,
    ...(renewEvery !== undefined && { renewEvery }),
    more: more.filter((line) => line !== '').join('\n'),
    ...(!clouds.includes('aws') && { aws: false }),
  }
}

const opening = (targets: readonly CloudTarget[], cloud: Cloud): readonly (readonly [CloudTarget, number])[] =>
  targets.map((target, index) => [target, index] as const).filter(([{ clouds }]) => clouds.includes(cloud))

export function awsHoldings(account: AwsOptions, own: string): AwsOptions {
  const key = own.replace(/^https?:\/\//, '')
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${key}` },
    Action: ['sts:AssumeRoleWithWebIdentity'],
    Condition: { StringEquals: { [`${key}:aud`]: 'sts.amazonaws.com', [`${key}:sub`]: OWN.subject } },
  }
  const policy = { Effect: 'Allow', Action: ['s3:*', 'sts:*'], Resource: '*' }
  const statement = (one: object) => ({ Version: '2012-10-17', Statement: [one] })
  return {
    ...account,
    providers: [...account.providers, { account: ACCOUNT, url: own, clientIds: ['sts.amazonaws.com'] }],
    roles: [
      ...account.roles,
      { account: ACCOUNT, name: OWN.role, trust: statement(trust), policies: { work: statement(policy) } },
    ],
  }
}

export function gcpHoldings(targets: readonly CloudTarget[], issuer: string, own: string): GcpOptions {
  const names = opening(targets, 'gcp').map(([{ name }]) => name)
  const sets = names.map((name) => `principalSet://iam.googleapis.com/${POOL}/attribute.target/${name}`)
  const attributeMapping = { 'google.subject': 'assertion.sub' }
  return {
    allowLoopbackIssuers: true,
    projects: [
      { id: PROJECT, number: ACCOUNT, bindings: [{ role: 'roles/browser', members: sets }] },
      {
        id: OWN.project,
        number: '999',
        bindings: [
          { role: 'roles/browser', members: [`principal://iam.googleapis.com/${POOL}/subject/${OWN.subject}`] },
        ],
      },
    ],
    pools: [
      {
        project: ACCOUNT,
        id: 'jit-pool',
        providers: [
          {
            id: 'jit-endpoint',
            issuer,
            allowedAudiences: [`//iam.googleapis.com/${POOL}/providers/jit-endpoint`],
            attributeMapping: {
              ...attributeMapping,
              'attribute.target': 'assertion.jit.target',
              'attribute.grant': 'assertion.jit.grant',
            },
            attributeCondition: `assertion.jit.target in [${names.map((name) => `'${name}'`).join(', ')}] && assertion.sub.startsWith('jit:' + assertion.jit.target + ':')`,
          },
          { id: 'corp-login', issuer: own, attributeMapping },
        ],
      },
    ],
  }
}

export function azureHoldings(targets: readonly CloudTarget[], issuer: string, own: string): AzureOptions {
  const application = (index: number, clientId: string, displayName: string, subject: string, trusted: string) => ({
    tenantId: TENANT,
    clientId,
    objectId: guid('c', index),
    displayName,
    federatedCredentials: [{ name: displayName, issuer: trusted, subject, audiences: ['api://AzureADTokenExchange'] }],
  })
  const subscription = (id: string, displayName: string, group: string) => ({
    id,
    tenantId: TENANT,
    displayName,
    resourceGroups: [{ name: group, location: 'westeurope' }],
  })
  const reader = (index: number, id: string) => ({
    name: guid('d', index),
    principalId: guid('c', index),
    role: 'Reader',
    scope: `/subscriptions/${id}`,
  })
  const ours = opening(targets, 'azure')
  const mine = targets.length
  return {
    allowLoopbackIssuers: true,
    tenants: [{ id: TENANT, displayName: 'Corp', domains: ['corp.example'] }],
    applications: [
      ...ours.map(([{ name }, index]) => application(index, clientOf(index), `jit-${name}`, `jit:${name}`, issuer)),
      application(mine, OWN.client, OWN.role, OWN.subject, own),
    ],
    subscriptions: [
      ...ours.map(([{ name }, index]) => subscription(subscriptionOf(index), name, `group-of-${name}`)),
      subscription(OWN.subscription, OWN.subscriptionName, 'group-of-alice'),
    ],
    roleAssignments: [...ours.map(([, index]) => reader(index, subscriptionOf(index))), reader(mine, OWN.subscription)],
  }
}

export function kubernetesHoldings(
  targets: readonly CloudTarget[],
  issuer: string,
  own: string,
  tls: KubernetesOptions['tls'],
): KubernetesOptions {
  const plain = (claim: string) => ({ claim, prefix: '' })
  const groups = opening(targets, 'kubernetes').map(([{ name }]) => `jit:${name}`)
  const pods = { resources: ['pods'], verbs: ['get', 'list'] }
  return {
    tls,
    allowLoopbackIssuers: true,
    tokenCacheSeconds: 0,
    authentication: {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: { url: issuer, audiences: [CLUSTER_AUDIENCE] },
          claimValidationRules: [
            { expression: 'claims.exp - claims.iat <= 930', message: 'the token lives longer than a slice of a grant' },
            { expression: "claims.sub.startsWith('jit:')", message: 'the token is no grant token' },
          ],
          claimMappings: { username: plain('sub'), groups: plain('groups') },
        },
        { issuer: { url: own, audiences: [OWN.cluster] }, claimMappings: { username: plain('sub') } },
      ],
    },
    permissions: [
      { groups, ...pods, namespaces: [NAMESPACE] },
      { users: [OWN.subject], ...pods, namespaces: ['default'] },
    ],
    namespaces: ['default', NAMESPACE],
    pods: [
      { namespace: NAMESPACE, name: 'ledger-7d9f' },
      { namespace: 'default', name: 'probe' },
    ],
  }
}
