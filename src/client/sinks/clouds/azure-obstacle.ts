import { join } from 'node:path'
import { ifExists } from '../../../platform/durable.ts'
import { azureDirectory, azureSetting, azureVersion, isOn } from './azure-settings.ts'
import { FIRST_WITH_MSAL, isAfter, isBefore, LAST_KNOWN_PLAIN } from './azure-versions.ts'
import type { SinkDeps } from './deps.ts'

/** Why `az`, as it is set up here, would not find what lies in its own files; `undefined` where it would. */
export function setupObstacle(deps: SinkDeps): string | undefined {
  const version = azureVersion(deps)
  if (version !== undefined && isBefore(version, FIRST_WITH_MSAL))
    return `The Azure CLI ${version} is older than 2.30 and keeps its tokens in another way.`
  const cloud = azureSetting(deps, 'cloud', 'name')
  if (cloud !== undefined && cloud !== 'AzureCloud')
    return `The Azure CLI is set to ${cloud}, another cloud than this grant's.`
  return encryption(deps, version)
}

function encryption(deps: SinkDeps, version: string | undefined): string | undefined {
  const setting = azureSetting(deps, 'core', 'encrypt_token_cache')
  const isEncrypted = isOn(setting)
  if (isEncrypted === false) return undefined
  if (isEncrypted === true || setting !== undefined) return 'The Azure CLI is set to encrypt its token cache.'
  if (deps.env['OS'] === 'Windows_NT') return 'The Azure CLI encrypts its token cache on Windows.'
  const has = (name: string): boolean =>
    ifExists(() => deps.fs.stat(join(azureDirectory(deps), `msal_token_cache.${name}`))) !== undefined
  // `.sig` and `.bin` are what it leaves on disk when the tokens themselves are in the keychain
  if (has('sig') || (has('bin') && !has('json'))) return 'The Azure CLI has encrypted its token cache.'
  if (version !== undefined && isAfter(version, LAST_KNOWN_PLAIN))
    return `The Azure CLI ${version} is newer than jit has been tried with and may encrypt its token cache.`
  return undefined
}
