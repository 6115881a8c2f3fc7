import type { AzureAccess, ConfiguredTarget, GcpAccess, KubernetesAccess } from '../../src/server/config/types.ts'
import { target } from './policy.ts'

export const PROVIDER = 'projects/123456789012/locations/global/workloadIdentityPools/jit-pool/providers/jit-endpoint'
export const SERVICE_ACCOUNT = 'jit-prod-db@corp-prod.iam.gserviceaccount.com'
export const TENANT = '3f2a9c1e-0d4b-4c66-9a55-7be1d2f0c8a1'
export const CLIENT = '8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90'
export const SUBSCRIPTION = 'c4d0f6b1-2a3e-4d5c-8b7a-9e0f1a2b3c4d'

export const gcpTo = (changes: Partial<GcpAccess> = {}): GcpAccess => ({
  project: 'corp-prod',
  provider: PROVIDER,
  profile: 'jit-prod-db',
  region: 'europe-west3',
  roles: ['roles/cloudsql.admin'],
  ...changes,
})

export const azureTo = (changes: Partial<AzureAccess> = {}): AzureAccess => ({
  tenant: TENANT,
  client: CLIENT,
  subscription: SUBSCRIPTION,
  subscriptionName: 'Corp Production',
  profile: 'jit-prod-db',
  role: 'SQL DB Contributor',
  scope: `/subscriptions/${SUBSCRIPTION}`,
  resources: [],
  ...changes,
})

export const kubernetesTo = (changes: Partial<KubernetesAccess> = {}): KubernetesAccess => ({
  cluster: 'prod-eu',
  server: 'https://k8s.prod.corp.example:6443',
  audience: 'https://k8s.prod.corp.example',
  groups: ['jit:prod-db'],
  profile: 'jit-prod-db',
  renewEverySeconds: 900,
  ...changes,
})

/** A target that opens all four clouds. */
export const everywhere = (changes: Partial<ConfiguredTarget> = {}): ConfiguredTarget =>
  target('prod-db', { gcp: gcpTo(), azure: azureTo(), kubernetes: kubernetesTo(), ...changes })
