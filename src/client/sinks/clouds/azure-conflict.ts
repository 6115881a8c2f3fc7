import { join } from 'node:path'
import { JitError } from '../../../base/errors.ts'
import type { AzureCredential } from '../../../contract/credential.ts'
import { azProfile } from '../formats/az-profile.ts'
import { azServicePrincipals } from '../formats/az-service-principals.ts'
import { azTokenCache } from '../formats/az-token-cache.ts'
import type { Format } from '../formats/types.ts'
import { azureContents } from './azure-content.ts'
import { azureDirectory, readAzureFile } from './azure-settings.ts'
import type { SinkDeps } from './deps.ts'
import type { Delivery } from './types.ts'

/** What only the credential tells: whether the user, or another grant, has this subscription or service principal already. */
export function azureConflict(deps: SinkDeps, delivery: Delivery<AzureCredential>): string | undefined {
  const { tokenCache, servicePrincipals, profile } = azureContents(delivery)
  const inFile = (name: string, format: Format, content: string): string | undefined =>
    conflictIn(deps, { name, format, content }, delivery)
  return (
    inFile('msal_token_cache.json', azTokenCache, tokenCache.content) ??
    inFile('service_principal_entries.json', azServicePrincipals, servicePrincipals.content) ??
    inFile('azureProfile.json', azProfile, profile.content)
  )
}

function conflictIn(
  deps: SinkDeps,
  { name, format, content }: { readonly name: string; readonly format: Format; readonly content: string },
  { profile, asDefault }: Delivery,
): string | undefined {
  const path = join(azureDirectory(deps), name)
  const bytes = readAzureFile(deps, name)
  format.check(path, bytes, { profile, asDefault }) // a name that is taken stays so in any mode
  try {
    format.check(path, bytes, { profile, asDefault, content })
    return undefined
  } catch (error) {
    if (error instanceof JitError && error.code === 'PROFILE_TAKEN') return error.message
    throw error
  }
}
