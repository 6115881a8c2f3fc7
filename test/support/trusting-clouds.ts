import { parse } from 'yaml'
import type { SimulatorOptions as AzureOptions } from '../simulators/azure/config.ts'
import type { SimulatorOptions as GcpOptions } from '../simulators/gcp/config.ts'
import type { SimulatorOptions as KubernetesOptions } from '../simulators/kubernetes/config.ts'
import { argumentOf, blockOf } from './terraform.ts'

/** Arguments of every resource of a type, as texts; references stay as they are written. */
function resources(terraform: string, type: string): readonly ((name: string) => string)[] {
  return [...terraform.matchAll(new RegExp(`^resource "${type}" "(\\w+)"`, 'gm'))].map(([head]) => {
    const block = blockOf(terraform, head)
    return (name) => String(argumentOf(block, name))
  })
}

/** The pools that `jit-endpoint trust gcp` describes, and who may do what by its bindings. */
export function gcpFrom(terraform: string, project: string) {
  const [pool] = resources(terraform, 'google_iam_workload_identity_pool')
  const [provider] = resources(terraform, 'google_iam_workload_identity_pool_provider')
  const [account] = resources(terraform, 'google_service_account')
  if (pool === undefined || provider === undefined || account === undefined) throw new Error('no pool')
  const number = /number_(\d+)/.exec(pool('project'))?.[1] ?? ''
  const email = `${account('account_id')}@${account('project')}.iam.gserviceaccount.com`
  const member = (of: string): string => (of.startsWith('google_service_account.') ? `serviceAccount:${email}` : of)
  const bound = (type: string) =>
    resources(terraform, type).map((each) => ({ role: each('role'), members: [member(each('member'))] }))
  const mapped = ['google.subject', 'attribute.target', 'attribute.grant']
  return {
    projects: [{ id: project, number, bindings: bound('google_project_iam_member') }],
    pools: [
      {
        project: number,
        id: pool('workload_identity_pool_id'),
        providers: [
          {
            id: provider('workload_identity_pool_provider_id'),
            issuer: provider('issuer_uri'),
            allowedAudiences: provider('allowed_audiences')
              .replace(/^\["|"\]$/g, '')
              .split('", "'),
            attributeMapping: Object.fromEntries(mapped.map((name) => [name, provider(name)])),
            attributeCondition: provider('attribute_condition'),
          },
        ],
      },
    ],
    serviceAccounts: [{ project, email, bindings: bound('google_service_account_iam_member') }],
  } satisfies GcpOptions
}

const PRINCIPAL = 'cccccccc-0000-4000-8000-000000000001'

/** The application and its role that `jit-endpoint trust azure` describes. */
export function azureFrom(
  terraform: string,
  at: { readonly tenant: string; readonly client: string; readonly subscription: string },
) {
  const credentials = resources(terraform, 'azuread_application_federated_identity_credential')
  const roles = resources(terraform, 'azurerm_role_assignment')
  return {
    tenants: [{ id: at.tenant, displayName: 'Corp' }],
    applications: [
      {
        tenantId: at.tenant,
        clientId: at.client,
        objectId: PRINCIPAL,
        displayName: 'jit',
        federatedCredentials: credentials.map((each) => ({
          name: each('display_name'),
          issuer: each('issuer'),
          subject: each('subject'),
          audiences: each('audiences')
            .replace(/^\["|"\]$/g, '')
            .split('", "'),
        })),
      },
    ],
    subscriptions: [
      {
        id: at.subscription,
        tenantId: at.tenant,
        displayName: 'Prod',
        resourceGroups: [{ name: 'data', location: 'westeurope' }],
      },
    ],
    roleAssignments: roles.map((each, index) => ({
      name: `dddddddd-0000-4000-8000-00000000000${index}`,
      principalId: PRINCIPAL,
      role: each('role_definition_name'),
      scope: each('scope'),
    })),
  } satisfies AzureOptions
}

/** The file that `jit-endpoint trust kubernetes` writes for the API server, as Terraform would: unindented. */
export function authenticationFrom(terraform: string): KubernetesOptions['authentication'] {
  const [, lines = ''] = /<<-YAML\n([\s\S]*?)\n {2}YAML$/m.exec(terraform) ?? []
  return parse(lines.replace(/^ {4}/gm, '')) as KubernetesOptions['authentication']
}
