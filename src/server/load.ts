import { addressRanges } from '../platform/address-ranges.ts'
import { type LoadedConfig, loadConfig } from './config/load.ts'
import { ConfigurationError } from './config/types.ts'
import { loadPolicy } from './policy/load.ts'
import type { Policy } from './policy/types.ts'

export type Files = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readText: (path: string) => string
}
export type Loaded = LoadedConfig & { readonly policy: Policy }

/** Configuration and policy, checked against each other. Throws `ConfigurationError` with everything that is wrong in them. */
export async function load(configFile: string, files: Files): Promise<Loaded> {
  const loaded = await loadConfig({ path: configFile, ...files })
  const { targets, policyFiles, trustedProxies } = loaded.config
  checkRanges(configFile, trustedProxies)
  const policies = policyFiles.map((path) => ({ path, text: readPolicy(path, files) }))
  return { ...loaded, policy: loadPolicy({ files: policies, targets }) }
}

function checkRanges(file: string, ranges: readonly string[]): void {
  try {
    addressRanges(ranges)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigurationError([{ file, message: `trustedProxies: ${error.message}.` }])
  }
}

function readPolicy(path: string, { readText }: Files): string {
  try {
    return readText(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError([{ file: path, message: `it cannot be read: ${reason}.` }])
  }
}
