import type { SimulatorOptions } from '../simulators/azure/config.ts'
import type { Claims } from './issuer.ts'

export const TENANT = '11111111-1111-4111-8111-111111111111'
export const OTHER_TENANT = '22222222-2222-4222-8222-222222222222'
export const SUBSCRIPTION = 'aaaaaaaa-0000-4000-8000-000000000001'
/** Of the other tenant. */
export const FOREIGN_SUBSCRIPTION = 'aaaaaaaa-0000-4000-8000-000000000002'
export const CLIENT = 'bbbbbbbb-0000-4000-8000-000000000001'
/** The service principal of `CLIENT`. */
export const PRINCIPAL = 'cccccccc-0000-4000-8000-000000000001'
/** Trusts the issuer for another subject and holds no role. */
export const IDLE_CLIENT = 'bbbbbbbb-0000-4000-8000-000000000002'
export const IDLE_SUBJECT = 'jit:idle'
/** Of the other tenant. */
export const FOREIGN_CLIENT = 'bbbbbbbb-0000-4000-8000-000000000003'
export const FOREIGN_SUBJECT = 'jit:foreign'
export const ASSIGNMENT = 'dddddddd-0000-4000-8000-000000000001'
export const VAULT_ASSIGNMENT = 'dddddddd-0000-4000-8000-000000000002'
export const AUDIENCE = 'api://AzureADTokenExchange'
export const SUBJECT = 'jit:prod-db'
export const VAULT_HOST = 'corp-prod.vault.azure.net'

const credential = (issuer: string, subject: string) => ({ name: 'jit', issuer, subject, audiences: [AUDIENCE] })
const idle = { displayName: 'idle', clientId: IDLE_CLIENT, objectId: 'cccccccc-0000-4000-8000-000000000002' }
const foreign = { displayName: 'foreign', clientId: FOREIGN_CLIENT, objectId: 'cccccccc-0000-4000-8000-000000000003' }

/** A tenant whose application `jit-prod-db` trusts `issuer` and reads one subscription and one vault, and another tenant. */
export function azureAccount(issuer: string, more: Partial<SimulatorOptions> = {}): SimulatorOptions {
  const scope = `/subscriptions/${SUBSCRIPTION}`
  return {
    allowLoopbackIssuers: true,
    tenants: [
      { id: TENANT, displayName: 'Corp', domains: ['corp.example'] },
      { id: OTHER_TENANT, displayName: 'Other' },
    ],
    applications: [
      {
        tenantId: TENANT,
        clientId: CLIENT,
        objectId: PRINCIPAL,
        displayName: 'jit-prod-db',
        federatedCredentials: [credential(issuer, SUBJECT)],
        graphPermissions: ['Organization.Read.All'],
      },
      { tenantId: TENANT, ...idle, federatedCredentials: [credential(issuer, IDLE_SUBJECT)] },
      { tenantId: OTHER_TENANT, ...foreign, federatedCredentials: [credential(issuer, FOREIGN_SUBJECT)] },
    ],
    subscriptions: [
      {
        id: SUBSCRIPTION,
        tenantId: TENANT,
        displayName: 'Prod DB',
        resourceGroups: [
          { name: 'prod', location: 'westeurope' },
          { name: 'prod-net', location: 'westeurope' },
        ],
      },
      { id: FOREIGN_SUBSCRIPTION, tenantId: OTHER_TENANT, displayName: 'Other', resourceGroups: [] },
    ],
    roleAssignments: [
      { name: ASSIGNMENT, principalId: PRINCIPAL, role: 'Reader', scope },
      { name: VAULT_ASSIGNMENT, principalId: PRINCIPAL, role: 'Key Vault Secrets User', scope },
    ],
    vaults: [
      { name: 'corp-prod', subscriptionId: SUBSCRIPTION, resourceGroup: 'prod', secrets: { 'db-url': 'postgres://x' } },
    ],
    ...more,
  }
}

/** Claims of a grant token for `prod-db`. */
export function grantClaims(issuer: string, nowMs: number, changes: Claims = {}): Claims {
  const now = Math.floor(nowMs / 1000)
  return {
    iss: issuer,
    sub: SUBJECT,
    aud: AUDIENCE,
    jti: 'j-1',
    iat: now - 30,
    nbf: now - 30,
    exp: now + 120,
    ...changes,
  }
}
