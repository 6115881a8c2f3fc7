import { join } from 'node:path'
import { JitError } from '../../../base/errors.ts'
import type { AzureCredential } from '../../../contract/credential.ts'
import { azProfile, hasOwnSubscription } from '../formats/az-profile.ts'
import { azServicePrincipals } from '../formats/az-service-principals.ts'
import { azTokenCache } from '../formats/az-token-cache.ts'
import type { Format, Wanted } from '../formats/types.ts'
import { azureContents } from './azure-content.ts'
import { setupObstacle } from './azure-obstacle.ts'
import { azureDirectory, azureVersion, readAzureFile } from './azure-settings.ts'
import { versionNotes } from './azure-versions.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink, Delivery, Intent } from './types.ts'

/** In the order of writing: `az` finds the token by way of the other two. */
const FILES = [
  { name: 'msal_token_cache.json', format: azTokenCache },
  { name: 'service_principal_entries.json', format: azServicePrincipals },
  { name: 'azureProfile.json', format: azProfile },
] as const

/** Among the user's own logins, where `az` and every SDK that asks it already look. */
export const azureFiles = (deps: SinkDeps): CloudSink<AzureCredential> => ({
  cloud: 'azure',
  mode: 'files',
  obstacle: (intent) => setupObstacle(deps) ?? conflict(deps, intent),
  plan: () => [
    ...entries(deps),
    { kind: 'entry', path: join(azureDirectory(deps), 'clouds.config'), format: 'az-clouds' },
  ],
  contents(delivery) {
    const { tokenCache, servicePrincipals, profile, clouds } = azureContents(delivery)
    const list = readAzureFile(deps, 'azureProfile.json')
    // who has the subscription himself may have chosen it himself, and can keep it chosen
    const isTheirs = hasOwnSubscription(list, delivery.credential.subscriptionId)
    return [tokenCache, servicePrincipals, profile, isTheirs ? { ...clouds, secrets: [] } : clouds]
  },
  environment: ({ asDefault }) => ({
    ...(deps.env['AZURE_CONFIG_DIR'] ? { AZURE_CONFIG_DIR: azureDirectory(deps) } : {}),
    ...(asDefault ? { AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential' } : {}),
  }),
  usage: ({ profile, asDefault }) => [
    ...versionNotes(azureVersion(deps)),
    asDefault ? 'az account show' : `az account show --subscription ${profile}`,
    ...(asDefault ? [] : [`new AzureCliCredential({ subscription: '${profile}' }) // in SDKs`]),
  ],
  searched: () => entries(deps),
})

const entries = (deps: SinkDeps) =>
  FILES.map(({ name, format }) => ({
    kind: 'entry' as const,
    path: join(azureDirectory(deps), name),
    format: format.name,
  }))

/** What only the credential tells: whether the user, or another grant, has this subscription or service principal already. */
function conflict(deps: SinkDeps, intent: Intent | Delivery<AzureCredential>): string | undefined {
  if (!('credential' in intent)) return undefined
  const { tokenCache, servicePrincipals, profile } = azureContents(intent)
  const contents = [tokenCache, servicePrincipals, profile]
  for (const [index, { name, format }] of FILES.entries()) {
    const why = conflictIn(deps, name, format, { ...intent, content: contents[index]?.content ?? '' })
    if (why !== undefined) return why
  }
  return undefined
}

function conflictIn(deps: SinkDeps, name: string, format: Format, { content, ...wanted }: Wanted): string | undefined {
  const path = join(azureDirectory(deps), name)
  const bytes = readAzureFile(deps, name)
  format.check(path, bytes, wanted) // a name that is taken stays so in any mode
  try {
    format.check(path, bytes, { ...wanted, ...(content === undefined ? {} : { content }) })
    return undefined
  } catch (error) {
    if (error instanceof JitError && error.code === 'PROFILE_TAKEN') return error.message
    throw error
  }
}
