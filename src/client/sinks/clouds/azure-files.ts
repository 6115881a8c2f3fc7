import { join } from 'node:path'
import type { AzureCredential } from '../../../contract/credential.ts'
import { azureContents } from './azure-content.ts'
import { setupObstacle } from './azure-obstacle.ts'
import { azureIsolated } from './azure-isolated.ts'
import { assertReadableSettings, azureDirectory, azureVersion, readAzureFile } from './azure-settings.ts'
import { versionNotes } from './azure-versions.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink } from './types.ts'

/** In the order of writing: `az` finds the token by way of the other two. */
const FILES = [
  { name: 'msal_token_cache.json', format: 'az-token-cache' },
  { name: 'service_principal_entries.json', format: 'az-service-principals' },
  { name: 'azureProfile.json', format: 'az-profile' },
] as const

/**
 * Among the user's own logins, where `az` and every SDK that asks it already look; and beside them in a directory of its own, for
 * `jit exec` and `jit env`.
 */
export const azureFiles = (deps: SinkDeps): CloudSink<AzureCredential> => ({
  cloud: 'azure',
  mode: 'files',
  async obstacle(intent) {
    const obstacle = setupObstacle(deps)
    if (obstacle !== undefined || !('credential' in intent)) return obstacle
    const { azureConflict } = await import('./azure-conflict.ts')
    return azureConflict(deps, intent)
  },
  plan: async (intent) => {
    assertReadableSettings(deps)
    return [
      ...entries(deps),
      { kind: 'entry', path: join(azureDirectory(deps), 'clouds.config'), format: 'az-clouds' },
      ...(await azureIsolated(deps).plan(intent)),
    ]
  },
  async contents(delivery) {
    const { hasOwnSubscription } = await import('../formats/az-profile.ts')
    const { tokenCache, servicePrincipals, profile, clouds } = azureContents(delivery)
    const list = readAzureFile(deps, 'azureProfile.json')
    // who has the subscription himself may have chosen it himself, and can keep it chosen
    const isTheirs = hasOwnSubscription(list, delivery.credential.subscriptionId)
    const entered = [tokenCache, servicePrincipals, profile, isTheirs ? { ...clouds, secrets: [] } : clouds]
    return [...entered, ...(await azureIsolated(deps).contents(delivery))]
  },
  // No variable names a subscription, so a shell or a child that shall have this one gets the directory of its own.
  environment: (intent) => azureIsolated(deps).environment(intent),
  usage: ({ profile, asDefault }) => [
    ...versionNotes(azureVersion(deps)),
    asDefault ? 'az account show' : `az account show --subscription ${profile}`,
    ...(asDefault ? [] : [`new AzureCliCredential({ subscription: '${profile}' }) // in SDKs`]),
  ],
  searched: () => entries(deps),
})

const entries = (deps: SinkDeps) =>
  FILES.map(({ name, format }) => ({ kind: 'entry' as const, path: join(azureDirectory(deps), name), format }))
