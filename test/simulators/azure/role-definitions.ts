/** What a role allows. Actions may hold `*` and are compared without regard to case. */
export type RoleDefinition = {
  readonly name: string
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  readonly dataActions: readonly string[]
}

const SECRETS = 'Microsoft.KeyVault/vaults/secrets'

/** Azure's built-in roles as far as tests use them (learn.microsoft.com/azure/role-based-access-control/built-in-roles). */
export const BUILT_IN_ROLES: readonly RoleDefinition[] = [
  { name: 'Reader', actions: ['*/read'], notActions: [], dataActions: [] },
  {
    name: 'Contributor',
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'],
    dataActions: [],
  },
  { name: 'Owner', actions: ['*'], notActions: [], dataActions: [] },
  {
    name: 'Key Vault Reader',
    actions: ['Microsoft.KeyVault/vaults/*/read'],
    notActions: [],
    dataActions: ['Microsoft.KeyVault/vaults/*/read', `${SECRETS}/readMetadata/action`],
  },
  {
    name: 'Key Vault Secrets User',
    actions: [],
    notActions: [],
    dataActions: [`${SECRETS}/getSecret/action`, `${SECRETS}/readMetadata/action`],
  },
]

export type Operation = { readonly kind: 'action' | 'dataAction'; readonly name: string }

/** Owner may everything on the management plane and nothing in the data of a vault: `*` in actions is no data action. */
export function allows({ actions, notActions, dataActions }: RoleDefinition, { kind, name }: Operation): boolean {
  if (kind === 'dataAction') return dataActions.some((pattern) => matches(pattern, name))
  return actions.some((pattern) => matches(pattern, name)) && !notActions.some((pattern) => matches(pattern, name))
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`, 'i').test(name)
}
