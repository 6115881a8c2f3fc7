import type { AzureAccess, Config, ConfiguredTarget } from '../config/types.ts'
import { label, list, quote } from './hcl.ts'

type AzureTarget = ConfiguredTarget & { readonly azure: AzureAccess }
/** One application and every target that opens it: all with the same tenant, subscription, role and scope (`contradictions.ts`). */
type Application = {
  readonly label: string
  readonly azure: AzureAccess
  readonly targets: readonly AzureTarget[]
}

/**
 * Terraform that makes Entra trust this endpoint for these targets: for each application one federated credential per target,
 * which takes exactly its issuer, subject and audience, and the role at its scope (clouds.md §4.5). The values mirror the
 * claims of `Tokens.azureGrantToken`.
 */
export function azureTrustTerraform(config: Config, targets: readonly ConfiguredTarget[]): string {
  const wanted = new Set(targets.map(({ name }) => name))
  // Named after the first of all its targets, so that an address stays the same where only some are wanted.
  const applications = applicationsOf(config.targets).flatMap((each) => {
    const chosen = each.targets.filter(({ name }) => wanted.has(name))
    return chosen.length === 0 ? [] : [{ ...each, targets: chosen }]
  })
  if (applications.length === 0) return '# No target opens an Azure subscription yet.\n'
  const tenants = [...new Set(applications.map(({ azure }) => azure.tenant))]
  const subscriptions = [...Map.groupBy(applications, ({ azure }) => `${azure.tenant} ${azure.subscription}`).values()]
  const blocks = [
    preamble(config),
    ...tenants.map(tenantProvider),
    ...subscriptions.flatMap(([first]) => (first === undefined ? [] : [subscriptionProvider(first.azure)])),
    ...applications.map((each) => application(config, each)),
  ]
  return `${blocks.join('\n\n')}\n`
}

const applicationsOf = (targets: readonly ConfiguredTarget[]): readonly Application[] => {
  const opening = targets.flatMap((target) => (target.azure === undefined ? [] : [{ ...target, azure: target.azure }]))
  return [...Map.groupBy(opening, ({ azure }) => azure.client).values()].flatMap((sharing) => {
    const [first] = sharing
    return first === undefined ? [] : [{ label: label(first.name), azure: first.azure, targets: sharing }]
  })
}

const preamble = ({ endpoint }: Config): string => `\
# Lets Entra and Azure trust the grant tokens of ${endpoint}
# Written by \`jit-endpoint trust azure\`. Run it again after targets change, and read the plan before you apply it.
# An application that exists already has to be imported first, or a second one is made. How: see below, at each.

terraform {
  required_version = ">= 1.5"
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = ">= 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }
  }
}`

const tenantAlias = (tenant: string): string => `tenant_${label(tenant)}`
const subscriptionAlias = ({ tenant, subscription }: AzureAccess): string =>
  `subscription_${label(subscription)}_${label(tenant)}`

const tenantProvider = (tenant: string): string => `\
provider "azuread" {
  alias     = "${tenantAlias(tenant)}"
  tenant_id = ${quote(tenant)}
}`

const subscriptionProvider = (azure: AzureAccess): string => `\
provider "azurerm" {
  alias                           = "${subscriptionAlias(azure)}"
  tenant_id                       = ${quote(azure.tenant)}
  subscription_id                 = ${quote(azure.subscription)}
  resource_provider_registrations = "none"
  features {}
}`

function application(config: Config, { label: name, azure, targets }: Application): string {
  const { client, tenant, role, scope } = azure
  const provider = `azuread.${tenantAlias(tenant)}`
  const what = targets.map((target) => target.name).join(', ')
  return `\
# ---- Application ${client}: ${what} ----
# Where it exists already:
#   terraform import azuread_application.${name} "/applications/$(az ad app show --id ${client} --query id --output tsv)"
#   terraform import azuread_service_principal.${name} "/servicePrincipals/$(az ad sp show --id ${client} --query id --output tsv)"

resource "azuread_application" "${name}" {
  provider         = ${provider}
  display_name     = ${quote(`jit-${targets[0]?.name ?? ''}`)}
  sign_in_audience = "AzureADMyOrg"

  lifecycle {
    ignore_changes = [display_name]
  }
}

resource "azuread_service_principal" "${name}" {
  provider  = ${provider}
  client_id = azuread_application.${name}.client_id
}

check "client_${name}" {
  assert {
    condition     = azuread_application.${name}.client_id == ${quote(client)}
    error_message = "This is another application than azure.client of ${what}: import that one, or write the client id of this one into the configuration of jit-endpoint."
  }
}

${targets.map((target) => federatedCredential(config, provider, name, target)).join('\n\n')}

resource "azurerm_role_assignment" "${name}" {
  provider                         = azurerm.${subscriptionAlias(azure)}
  scope                            = ${quote(scope)}
  role_definition_name             = ${quote(role)}
  principal_id                     = azuread_service_principal.${name}.object_id
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}`
}

/** Entra compares each of the three exactly; a slash at the end of the issuer counts (clouds.md §1). */
const federatedCredential = (
  { endpoint }: Config,
  provider: string,
  application: string,
  { name }: AzureTarget,
): string => `\
resource "azuread_application_federated_identity_credential" "${label(name)}" {
  provider       = ${provider}
  application_id = azuread_application.${application}.id
  display_name   = ${quote(`jit-${name}`)}
  issuer         = ${quote(endpoint)}
  subject        = ${quote(`jit:${name}`)}
  audiences      = ${list(['api://AzureADTokenExchange'])}
}`
