import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { azureFiles } from '../../../../../src/client/sinks/clouds/azure-files.ts'
import { azureVersion } from '../../../../../src/client/sinks/clouds/azure-settings.ts'
import type { SinkDeps } from '../../../../../src/client/sinks/clouds/deps.ts'
import { azProfile } from '../../../../../src/client/sinks/formats/az-profile.ts'
import { azServicePrincipals } from '../../../../../src/client/sinks/formats/az-service-principals.ts'
import { azTokenCache } from '../../../../../src/client/sinks/formats/az-token-cache.ts'
import { nodeFileSystem } from '../../../../../src/platform/files.ts'
import { DELIVERY, machine, version } from '../../../../support/azure-delivery.ts'
import {
  guid,
  principalEntry,
  profileEntry,
  subscription,
  TENANT,
  tokenEntry,
} from '../../../../support/azure-entries.ts'

describe('an obstacle to files is', () => {
  const config = (text: string) => ({ config: text })
  test.each<[string, SinkDeps['env'], Record<string, string>, string | undefined]>([
    ['nothing on a plain machine', {}, {}, undefined],
    ['the setting', {}, config('[core]\nencrypt_token_cache = True\n'), 'is set to encrypt'],
    [
      'the setting, said otherwise',
      {},
      config('[cloud]\nname = AzureCloud\n[core]\r\nencrypt_token_cache: yes\r\n'),
      'is set to encrypt',
    ],
    ['a setting that is neither', {}, config('[core]\nencrypt_token_cache = maybe\n'), 'is set to encrypt'],
    [
      'not the same word elsewhere',
      {},
      config('[defaults]\nencrypt_token_cache = true\n[core]\n# encrypt_token_cache = true\n'),
      undefined,
    ],
    ['the variable', { AZURE_CORE_ENCRYPT_TOKEN_CACHE: '1' }, {}, 'is set to encrypt'],
    [
      'not where the variable says no',
      { AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'false' },
      { ...config('[core]\nencrypt_token_cache = true\n'), 'msal_token_cache.sig': '' },
      undefined,
    ],
    ['Windows', { OS: 'Windows_NT' }, {}, 'on Windows'],
    [
      'not Windows where it was told not to',
      { OS: 'Windows_NT' },
      config('[core]\nencrypt_token_cache = no\n'),
      undefined,
    ],
    ['a cache in the keychain', {}, { 'msal_token_cache.sig': '', 'msal_token_cache.json': '{}' }, 'has encrypted'],
    ['an encrypted file', {}, { 'msal_token_cache.bin': 'x' }, 'has encrypted'],
    [
      'not an old one beside a plain one',
      {},
      { 'msal_token_cache.bin': 'x', 'msal_token_cache.json': '{}' },
      undefined,
    ],
    ['an az that is too old', {}, version('2.29.2'), '2.29.2 is older than 2.30'],
    ['not the first that has MSAL', {}, version('2.30.0'), undefined],
    ['not the last known', {}, version('2.85.0'), undefined],
    ['an az that is newer', {}, version('2.86.0'), '2.86.0 is newer than jit has been tried with'],
    ['an az of another age', {}, version('3.0.0'), '3.0.0 is newer'],
    [
      'not a newer one that was told',
      {},
      { ...version('2.99.0'), ...config('[core]\nencrypt_token_cache = false\n') },
      undefined,
    ],
    ['another cloud', {}, config('[cloud]\nname = AzureUSGovernment\n'), 'set to AzureUSGovernment'],
    ['another cloud by variable', { AZURE_CLOUD_NAME: 'AzureChinaCloud' }, {}, 'set to AzureChinaCloud'],
  ])('%s', async (_what, env, files, why) => {
    using here = machine(env, files)
    const said = await azureFiles(here.deps).obstacle?.(DELIVERY)
    expect(said ?? 'nothing').toMatch(why === undefined ? /^nothing$/ : new RegExp(`^The Azure CLI .*${why}.*\\.$`))
  })

  const list = (...subscriptions: readonly object[]) => ({ 'azureProfile.json': JSON.stringify({ subscriptions }) })
  const own = [{ client_id: guid('d'), tenant: TENANT, client_secret: 'his' }]
  test.each<[string, Record<string, string>, string]>([
    [
      "the user's own login as this service principal",
      { 'service_principal_entries.json': JSON.stringify(own) },
      'logged in to az as service principal',
    ],
    [
      'another grant with this service principal',
      {
        'msal_token_cache.json': azTokenCache
          .insert(Buffer.alloc(0), { ...tokenEntry(3), profile: 'jit-other' })
          .toString(),
      },
      'Grant g_3 (jit-other) uses the same service principal',
    ],
    [
      'another grant in the list of them',
      {
        'service_principal_entries.json': azServicePrincipals
          .insert(Buffer.alloc(0), { ...principalEntry(3), profile: 'jit-other' })
          .toString(),
      },
      'Grant g_3 (jit-other)',
    ],
    [
      'another grant of this subscription',
      { 'azureProfile.json': azProfile.insert(Buffer.alloc(0), profileEntry(3, { clientId: guid(8) })).toString() },
      'Grant g_3 (jit-target-3) uses subscription',
    ],
    [
      'a default that is the same subscription',
      list(subscription(guid(3), 'Prod', true)),
      'which jit changes with --as-default only',
    ],
  ])('%s, which the credential tells', async (_what, files, why) => {
    using here = machine({}, files)
    const { credential: _, ...intent } = DELIVERY
    expect(await azureFiles(here.deps).obstacle?.(intent)).toBeUndefined()
    expect(await azureFiles(here.deps).obstacle?.(DELIVERY)).toContain(why)
  })

  test('not this very grant, nor the one it replaces', async () => {
    const entry = { lease: 'g_0', profile: 'jit-prod-db' }
    using here = machine(
      {},
      {
        'msal_token_cache.json': azTokenCache.insert(Buffer.alloc(0), { ...tokenEntry(3), ...entry }).toString(),
        'service_principal_entries.json': azServicePrincipals
          .insert(Buffer.alloc(0), { ...principalEntry(3), ...entry })
          .toString(),
        'azureProfile.json': azProfile.insert(Buffer.alloc(0), { ...profileEntry(3), ...entry }).toString(),
      },
    )
    expect(await azureFiles(here.deps).obstacle?.(DELIVERY)).toBeUndefined()
  })

  test('not a name that is taken: that is refused, in any mode', async () => {
    using here = machine({}, list(subscription(guid(8), 'jit-prod-db')))
    await expect(async () => azureFiles(here.deps).obstacle?.(DELIVERY)).rejects.toThrow(
      expect.objectContaining({ code: 'PROFILE_TAKEN' }),
    )
  })

  test('seen through a symbolic link', async () => {
    using here = machine({}, {})
    const real = join(here.directory, 'dotfiles.json')
    writeFileSync(real, list(subscription(guid(3), 'Prod', true))['azureProfile.json'])
    symlinkSync(real, join(here.directory, 'azureProfile.json'))
    expect(await azureFiles(here.deps).obstacle?.(DELIVERY)).toContain('--as-default only')
    expect((await azureFiles(here.deps).contents(DELIVERY)).at(-1)?.secrets).toEqual([])
  })

  test('not a file that az cannot read: that is refused', async () => {
    using here = machine({}, { 'azureProfile.json': '{' })
    await expect(async () => azureFiles(here.deps).obstacle?.(DELIVERY)).rejects.toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    )
  })
})

describe('the version of az', () => {
  const on = (path: string, names: readonly string[], more: Readonly<Record<string, readonly string[]>> = {}) => {
    const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    const fs = {
      ...nodeFileSystem,
      open: () => {
        throw missing
      },
      readdir: (asked: string) => {
        const found = asked === path ? names : more[asked]
        if (found === undefined) throw missing
        return found
      },
    }
    return azureVersion({ fs, env: {}, home: '/home/alice', program: ['jit'] })
  }

  test.each([
    ['/usr/lib/python3/dist-packages', ['azure_cli-2.1.0.egg-info', 'azure_cli_core-2.45.0.egg-info'], {}, '2.45.0'],
    [
      '/opt/az/lib/python3.12/site-packages',
      ['azure_cli_core-2.77.0.dist-info'],
      { '/opt/az/lib': ['python3.12'] },
      '2.77.0',
    ],
    ['/opt/homebrew/Cellar/azure-cli', ['2.81.0'], {}, '2.81.0'],
    ['/usr/local/Cellar/azure-cli', ['.keep'], {}, undefined],
  ])('is read where it lies in %s', (path, names, more, wanted) => {
    expect(on(path, names, more)).toBe(wanted)
  })
})
