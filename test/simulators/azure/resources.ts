/** A resource that tokens are for, under every name that Entra knows it by. */
export type Resource = {
  readonly name: 'arm' | 'vault' | 'graph' | 'storage'
  readonly identifiers: readonly string[]
}

/** The four spellings of Azure Resource Manager's audience, in the order in which ARM lists them. */
export const ARM_AUDIENCES: readonly string[] = [
  'https://management.core.windows.net/',
  'https://management.core.windows.net',
  'https://management.azure.com/',
  'https://management.azure.com',
]
export const VAULT_AUDIENCE = 'https://vault.azure.net'
export const GRAPH_AUDIENCES: readonly string[] = ['https://graph.microsoft.com', 'https://graph.microsoft.com/']

const RESOURCES: readonly Resource[] = [
  { name: 'arm', identifiers: ARM_AUDIENCES },
  { name: 'vault', identifiers: [VAULT_AUDIENCE, `${VAULT_AUDIENCE}/`] },
  { name: 'graph', identifiers: GRAPH_AUDIENCES },
  { name: 'storage', identifiers: ['https://storage.azure.com', 'https://storage.azure.com/'] },
]

export const resourceOf = (identifier: string): Resource | undefined =>
  RESOURCES.find(({ identifiers }) => identifiers.includes(identifier))
