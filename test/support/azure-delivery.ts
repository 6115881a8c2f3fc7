import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { Delivery } from '../../src/client/sinks/clouds/types.ts'
import type { AzureCredential } from '../../src/contract/credential.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { accessToken, guid, TENANT } from './azure-entries.ts'
import { TempHome } from './temp-home.ts'

export const at = (seconds: number): string => new Date(seconds * 1000).toISOString()
export const CREDENTIAL: AzureCredential = {
  cloud: 'azure',
  expiration: at(1_900_004_000),
  notAfter: at(1_900_000_900),
  tenantId: TENANT,
  clientId: guid('d'),
  subscriptionId: guid(3),
  subscriptionName: 'Prod',
  role: 'Contributor',
  tokens: [
    { resource: 'https://management.azure.com', accessToken: accessToken(1), expiresOn: at(1_900_004_000) },
    { resource: 'https://vault.azure.net/', accessToken: accessToken(2), expiresOn: at(1_900_001_000) },
  ],
}
export const DELIVERY: Delivery<AzureCredential> = {
  lease: 'g_1',
  target: 'prod-db',
  profile: 'jit-prod-db',
  asDefault: false,
  directory: '/run/user/1000/jit/grants/g_1.1900000900',
  endsAt: 1_900_000_900_000,
  credential: CREDENTIAL,
}
export const having = (more: Partial<AzureCredential>): Delivery<AzureCredential> => ({
  ...DELIVERY,
  credential: { ...CREDENTIAL, ...more },
})

/** A machine without any `az` of its own, so that only what a test puts there counts. */
export function machine(env: SinkDeps['env'] = {}, files: Readonly<Record<string, string>> = {}) {
  const home = new TempHome('memory')
  const directory = join(home.home, '.azure')
  mkdirSync(directory)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  const fs = {
    ...nodeFileSystem,
    readdir: (path: string) => (path.startsWith(home.root) ? nodeFileSystem.readdir(path) : []),
  }
  const deps: SinkDeps = { fs, env, home: home.home, program: ['jit'] }
  return { deps, directory, [Symbol.dispose]: () => home[Symbol.dispose]() }
}
export const version = (number: string) => ({
  'commandIndex.json': `\uFEFF{"version": "${number}", "cloudProfile": "latest"}`,
})
