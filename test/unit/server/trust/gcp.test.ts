import { describe, expect, test } from 'vitest'
import type { ConfiguredTarget, GcpAccess } from '../../../../src/server/config/types.ts'
import { gcpTrustTerraform } from '../../../../src/server/trust/gcp.ts'
import { gcpTo, PROVIDER, SERVICE_ACCOUNT } from '../../../support/cloud-targets.ts'
import { configOf } from '../../../support/endpoint-config.ts'
import { target } from '../../../support/policy.ts'
import { argumentOf, blockOf, declared, hasTerraform, openBraces, terraformFaults } from '../../../support/terraform.ts'

const gcpTarget = (name: string, changes: Partial<GcpAccess> = {}): ConfiguredTarget =>
  target(name, { gcp: gcpTo(changes) })
const OTHER = 'projects/987/locations/global/workloadIdentityPools/jit-pool/providers/jit-endpoint'
const TWICE = PROVIDER.replace('jit-endpoint', 'jit-second')
const targets = [
  gcpTarget('prod-db', { roles: ['roles/cloudsql.admin', 'roles/logging.viewer', 'roles/cloudsql.admin'] }),
  gcpTarget('logs', { roles: ['roles/logging.viewer'], project: 'corp.example:logs' }),
  gcpTarget('account', { serviceAccount: SERVICE_ACCOUNT, roles: ['roles/cloudsql.admin'] }),
  gcpTarget('account-2', { serviceAccount: SERVICE_ACCOUNT, roles: ['roles/cloudsql.admin'] }),
  gcpTarget('elsewhere', { provider: OTHER, roles: [] }),
  gcpTarget('second', { provider: TWICE, roles: ['roles/viewer'] }),
  target('aws-only'),
]
const config = configOf(targets)
const text = gcpTrustTerraform(config, targets)
const block = (head: string) => blockOf(text, head)
const pool = 'projects/123456789012/locations/global/workloadIdentityPools/jit-pool'
const people = (name: string) => `principalSet://iam.googleapis.com/${pool}/attribute.target/${name}`

describe('the Terraform for Google Cloud', () => {
  test('has each pool and provider once, in the project that has the number', () => {
    expect(text.match(/resource "google_iam_workload_identity_pool" /g)).toHaveLength(2)
    expect(text.match(/resource "google_iam_workload_identity_pool_provider" /g)).toHaveLength(3)
    expect(argumentOf(block('data "google_project" "number_123456789012"'), 'project_id')).toBe('123456789012')
    const made = block('resource "google_iam_workload_identity_pool" "pool_123456789012_jit_pool"')
    expect(argumentOf(made, 'project')).toBe('data.google_project.number_123456789012.project_id')
    expect(argumentOf(made, 'workload_identity_pool_id')).toBe('jit-pool')
  })

  test('takes grant tokens of this issuer for its own provider and the configured targets, and no other', () => {
    const made = block(
      'resource "google_iam_workload_identity_pool_provider" "pool_123456789012_jit_pool_jit_endpoint"',
    )
    expect(argumentOf(made, 'workload_identity_pool_provider_id')).toBe('jit-endpoint')
    expect(argumentOf(made, 'issuer_uri')).toBe('https://jit.corp.example')
    expect(argumentOf(made, 'allowed_audiences')).toEqual([`//iam.googleapis.com/${PROVIDER}`])
    expect(argumentOf(made, 'google.subject')).toBe('assertion.sub')
    expect(argumentOf(made, 'attribute.target')).toBe('assertion.jit.target')
    expect(argumentOf(made, 'attribute.grant')).toBe('assertion.jit.grant')
    expect(argumentOf(made, 'attribute_condition')).toBe(
      "assertion.jit.target in ['prod-db', 'logs', 'account', 'account-2'] && assertion.sub.startsWith('jit:' + assertion.jit.target + ':')",
    )
  })

  test('gives the roles of a target to who elevated to it, once each, and nothing more', () => {
    const members = [...text.matchAll(/resource "google_project_iam_member" "(\w+)"/g)].map(([, name]) => name)
    expect(members).toEqual(['SA_jit_prod_db__corp_prod_1', 'prod_db_1', 'prod_db_2', 'logs_1', 'second_1'])
    const made = block('resource "google_project_iam_member" "logs_1"')
    expect([argumentOf(made, 'project'), argumentOf(made, 'role'), argumentOf(made, 'member')]).toEqual([
      'corp.example:logs',
      'roles/logging.viewer',
      people('logs'),
    ])
    expect(text).toContain('# It has no gcp.roles: grant what it shall open to principalSet://')
    expect(text).not.toMatch(/attribute\.target\/\*|workloadIdentityPools\/[\w-]+\/\*/)
  })

  test('lets who elevated speak for the service account, which alone has the roles', () => {
    const account = 'google_service_account.SA_jit_prod_db__corp_prod'
    expect(text.match(/resource "google_service_account" /g)).toHaveLength(1)
    expect(argumentOf(block('resource "google_service_account" "SA_jit_prod_db__corp_prod"'), 'project')).toBe(
      'corp-prod',
    )
    for (const name of ['account', 'account-2']) {
      const made = block(`resource "google_service_account_iam_member" "${name.replace('-', '_')}"`)
      expect(argumentOf(made, 'role')).toBe('roles/iam.workloadIdentityUser')
      expect(argumentOf(made, 'member')).toBe(people(name))
      expect(argumentOf(made, 'service_account_id')).toBe(`${account}.name`)
    }
    expect(argumentOf(block('resource "google_project_iam_member" "SA_jit_prod_db__corp_prod_1"'), 'member')).toBe(
      `${account}.member`,
    )
  })

  test('for some targets keeps the condition of their provider as it is for all', () => {
    const some = gcpTrustTerraform(config, targets.slice(1, 2))
    expect(some).toContain("in ['prod-db', 'logs', 'account', 'account-2']")
    expect(some.match(/resource "google_project_iam_member"/g)).toHaveLength(1)
    expect(some).not.toContain('google_service_account"')
    expect(some).not.toContain('jit-second')
  })

  test('refers only to what it declares, has balanced braces and unique addresses', () => {
    const addresses = declared(text)
    expect(new Set(addresses).size).toBe(addresses.length)
    const used = [...text.matchAll(/(?:data\.)?\b(google_\w+\.\w+)(?=\.\w|\])/g)].map(([, address]) => address)
    expect(used.length).toBeGreaterThan(10)
    for (const address of used) expect(addresses).toContain(address)
    expect(openBraces(text)).toBe(0)
  })

  test.skipIf(!hasTerraform)('is as terraform fmt writes it', () => {
    expect(terraformFaults(text)).toBe('')
  })

  test('is a comment where no target opens Google Cloud', () => {
    expect(gcpTrustTerraform(config, targets.slice(-1))).toMatch(/^# .*\n$/)
  })
})
