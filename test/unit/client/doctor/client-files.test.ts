import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clientFiles } from '../../../../src/client/client-files.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { TempHome } from '../../../support/temp-home.ts'

async function inspected(home: string, client: string): Promise<readonly string[]> {
  const files = clientFiles({ fs: nodeFileSystem, env: {}, home, program: ['/node', '/jit.js'] }, process.getuid?.())
  const about = files
    .filter((each) => each.client === client)
    .map(async ({ inspect }) => {
      const { exists, note } = await inspect()
      return note ?? (exists ? 'there' : 'absent')
    })
  return Promise.all(about.map((each) => each.catch((error: Error & { code?: string }) => `${error.code}`)))
}

test('an empty home', async () => {
  using home = new TempHome()
  expect(await inspected(home.home, 'aws')).toEqual(['absent', 'absent'])
  expect(await inspected(home.home, 'gcloud')).toEqual(['absent'])
  expect(await inspected(home.home, 'az')).toEqual(['absent', 'absent', 'absent', 'absent'])
  expect(await inspected(home.home, 'kubectl')).toEqual(['absent'])
  expect(home.names()).toEqual([])
})

test.each<[string, string, string, string]>([
  ['aws', '.aws/credentials', '[default]\naws_access_key_id = A\n', 'there'],
  ['aws', '.aws/credentials', '[default]\nrubbish\n', 'FILE_UNREADABLE'],
  ['aws', '.aws/config', 'no section = 1\n', 'FILE_UNREADABLE'],
  ['kubectl', '.kube/config', 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n', 'there'],
  ['kubectl', '.kube/config', 'clusters: [\n', 'FILE_UNREADABLE'],
  [
    'az',
    '.azure/config',
    '[core]\nencrypt_token_cache = true\n',
    'The Azure CLI is set to encrypt its token cache. Grants of Azure come isolated, for jit exec and jit env.',
  ],
  ['az', '.azure/azureProfile.json', '{"subscriptions": [', 'FILE_UNREADABLE'],
])('%s, %s with %j: %s', async (client, path, text, found) => {
  using home = new TempHome()
  home.put(text, 0o600, join(home.home, path))
  expect(await inspected(home.home, client)).toContain(found)
})

test('a directory in place of a file', async () => {
  using home = new TempHome()
  mkdirSync(home.credentials, { recursive: true })
  expect(await inspected(home.home, 'aws')).toEqual(['FILE_REFUSED', 'absent'])
})

test('a directory of gcloud in which everybody may replace files', async () => {
  using home = new TempHome()
  const directory = join(home.home, '.config/gcloud')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'active_config'), 'default')
  expect(await inspected(home.home, 'gcloud')).toEqual(['there'])
  chmodSync(directory, 0o777)
  expect(await inspected(home.home, 'gcloud')).toEqual(['FILE_REFUSED'])
})
