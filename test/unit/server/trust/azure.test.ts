import { describe, expect, test } from 'vitest'
import type { AzureAccess, ConfiguredTarget } from '../../../../src/server/config/types.ts'
import { azureTrustTerraform } from '../../../../src/server/trust/azure.ts'
import { azureTo, CLIENT, SUBSCRIPTION, TENANT } from '../../../support/cloud-targets.ts'
import { configOf } from '../../../support/endpoint-config.ts'
import { target } from '../../../support/policy.ts'
import { argumentOf, blockOf, declared, hasTerraform, openBraces, terraformFaults } from '../../../support/terraform.ts'

const azureTarget = (name: string, changes: Partial<AzureAccess> = {}): ConfiguredTarget =>
  target(name, { azure: azureTo(changes) })
const SECOND = '11111111-91c4-4f0e-b7a6-0c5d3e2f1a90'
const HOSTILE = 'Own "er" ${file("/etc/passwd")} %{ if true }'
const targets = [
  azureTarget('prod-db'),
  azureTarget('prod-db-2'),
  azureTarget('logs', { client: SECOND, role: HOSTILE, scope: `/subscriptions/${SUBSCRIPTION}/resourceGroups/logs` }),
  target('aws-only'),
]
const config = configOf(targets)
const text = azureTrustTerraform(config, targets)
const block = (head: string) => blockOf(text, head)
const credentials = (of: string) =>
  [...of.matchAll(/resource "azuread_application_federated_identity_credential" "(\w+)"/g)].map(([, name]) => name)

describe('the Terraform for Azure', () => {
  test('has one application and service principal per client id, and one credential per target', () => {
    expect(text.match(/resource "azuread_application" /g)).toHaveLength(2)
    expect(text.match(/resource "azuread_service_principal" /g)).toHaveLength(2)
    expect(credentials(text)).toEqual(['prod_db', 'prod_db_2', 'logs'])
  })

  test('takes exactly the issuer, subject and audience of grant tokens for that target', () => {
    const made = block('resource "azuread_application_federated_identity_credential" "prod_db_2"')
    expect(argumentOf(made, 'issuer')).toBe('https://jit.corp.example')
    expect(argumentOf(made, 'subject')).toBe('jit:prod-db-2')
    expect(argumentOf(made, 'audiences')).toEqual(['api://AzureADTokenExchange'])
    expect(argumentOf(made, 'application_id')).toBe('azuread_application.prod_db.id')
  })

  test('assigns the role at its scope to the application alone, whatever the name of the role', () => {
    const made = block('resource "azurerm_role_assignment" "logs"')
    expect(argumentOf(made, 'scope')).toBe(`/subscriptions/${SUBSCRIPTION}/resourceGroups/logs`)
    expect(argumentOf(made, 'principal_id')).toBe('azuread_service_principal.logs.object_id')
    expect(made).toContain('"Own \\"er\\" $${file(\\"/etc/passwd\\")} %%{ if true }"')
    expect(text.match(/resource "azurerm_role_assignment" /g)).toHaveLength(2)
  })

  test('refuses every other tenant and subscription, and tells of an application with another client id', () => {
    expect(text).toContain(`tenant_id = "${TENANT}"`)
    expect(text.match(/^provider "azuread"/gm)).toHaveLength(1)
    expect(text.match(/^provider "azurerm"/gm)).toHaveLength(1)
    expect(block('check "client_prod_db"')).toContain(`azuread_application.prod_db.client_id == "${CLIENT}"`)
    expect(text).toContain(
      `terraform import azuread_application.prod_db "/applications/$(az ad app show --id ${CLIENT}`,
    )
  })

  test('for some targets names everything as it is named for all', () => {
    const some = azureTrustTerraform(config, targets.slice(1, 2))
    expect(credentials(some)).toEqual(['prod_db_2'])
    expect(some).toContain('resource "azuread_application" "prod_db"')
    expect(some).not.toContain(SECOND)
  })

  test('refers only to what it declares, has balanced braces and unique addresses', () => {
    const addresses = declared(text)
    expect(new Set(addresses).size).toBe(addresses.length)
    const used = [...text.matchAll(/(azuread_\w+\.\w+)\.(?:id|client_id|object_id)/g)].map(([, address]) => address)
    expect(used.length).toBeGreaterThan(5)
    for (const address of used) expect(addresses).toContain(address)
    for (const [, alias] of text.matchAll(/provider += azure(?:ad|rm)\.(\w+)/g)) expect(text).toContain(`"${alias}"`)
    expect(openBraces(text)).toBe(0)
  })

  test.skipIf(!hasTerraform)('is as terraform fmt writes it', () => {
    expect(terraformFaults(text)).toBe('')
  })

  test('is a comment where no target opens Azure', () => {
    expect(azureTrustTerraform(config, targets.slice(-1))).toMatch(/^# .*\n$/)
  })
})
