import { join, resolve } from 'node:path'
import type { AzureCredential } from '../../../contract/credential.ts'
import type { DeliveryMode } from '../../../contract/target.ts'
import type { Format } from '../formats/types.ts'
import { azureContents } from './azure-content.ts'
import { azureSetting, azureVersion, extensionDirectory, isOn } from './azure-settings.ts'
import { versionNotes } from './azure-versions.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink, Delivery, FileContent, Intent } from './types.ts'

const FILES = ['config', 'msal_token_cache.json', 'service_principal_entries.json', 'azureProfile.json'] as const

/**
 * A directory of its own for `az`, inside the private one of the lease: nothing of the user's is touched, and what `az` leaves there
 * (caches, logs, an index of its commands) goes with it.
 */
export const azureIsolated = (deps: SinkDeps): CloudSink<AzureCredential> => ownDirectory(deps, 'isolated')

/** `az` has no way to ask a program for a token, so that the secret could stay encrypted: whoever wants that is told. */
export const azureProcess = (deps: SinkDeps): CloudSink<AzureCredential> => ({
  ...ownDirectory(deps, 'process'),
  obstacle: () => 'The Azure CLI asks no program for its tokens.',
})

const ownDirectory = (deps: SinkDeps, mode: DeliveryMode): CloudSink<AzureCredential> => ({
  cloud: 'azure',
  mode,
  plan: (intent) => FILES.map((name) => ({ kind: 'own', path: join(directoryOf(intent), name) })),
  async contents(delivery) {
    const [{ azTokenCache }, { azServicePrincipals }, { azProfile }] = await Promise.all([
      import('../formats/az-token-cache.ts'),
      import('../formats/az-service-principals.ts'),
      import('../formats/az-profile.ts'),
    ])
    const { tokenCache, servicePrincipals, profile } = azureContents(delivery) // alone in its list, it is the default
    return [
      { content: configFile(deps), secrets: [] },
      asFile(azTokenCache, delivery, tokenCache),
      asFile(azServicePrincipals, delivery, servicePrincipals),
      asFile(azProfile, delivery, profile),
    ]
  },
  environment: (intent) => ({
    AZURE_CONFIG_DIR: directoryOf(intent),
    AZURE_EXTENSION_DIR: resolve(extensionDirectory(deps)),
    AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential',
    // a variable of the user's counts for more than our `config`
    ...(deps.env['AZURE_CORE_ENCRYPT_TOKEN_CACHE'] ? { AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'false' } : {}),
    ...(deps.env['AZURE_CLOUD_NAME'] ? { AZURE_CLOUD_NAME: 'AzureCloud' } : {}),
  }),
  usage: ({ target }) => [
    ...versionNotes(azureVersion(deps)),
    `jit exec ${target} -- az account show`,
    `eval "$(jit env ${target})"`,
  ],
  searched: () => [],
})

const directoryOf = ({ directory }: Intent): string => join(directory, 'azure')

/** The user's word on telemetry holds here too. */
function configFile(deps: SinkDeps): string {
  const telemetry = isOn(azureSetting(deps, 'core', 'collect_telemetry'))
  const lines = ['[core]', 'encrypt_token_cache = false']
  return [...lines, ...(telemetry === undefined ? [] : [`collect_telemetry = ${telemetry}`]), ''].join('\n')
}

function asFile(format: Format, { lease, profile, endsAt }: Delivery, { content, secrets }: FileContent): FileContent {
  const entry = { lease, profile, expiresAt: Math.ceil(endsAt / 1000), content }
  return { content: format.insert(Buffer.alloc(0), entry).toString(), secrets }
}
