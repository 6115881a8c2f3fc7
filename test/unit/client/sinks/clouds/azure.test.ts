import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { azureFiles } from '../../../../../src/client/sinks/clouds/azure-files.ts'
import { azureIsolated, azureProcess } from '../../../../../src/client/sinks/clouds/azure-isolated.ts'
import type { SinkDeps } from '../../../../../src/client/sinks/clouds/deps.ts'
import type { FileContent } from '../../../../../src/client/sinks/clouds/types.ts'
import { cloudsLine } from '../../../../../src/client/sinks/formats/az-clouds.ts'
import type { AzureCredential } from '../../../../../src/contract/credential.ts'
import { nodeFileSystem } from '../../../../../src/platform/files.ts'
import { at, CREDENTIAL, DELIVERY, having, machine, version } from '../../../../support/azure-delivery.ts'
import { accessToken, guid, subscription, TENANT } from '../../../../support/azure-entries.ts'

describe('files', () => {
  test('lie where az looks, in the order in which they lead to the token', async () => {
    const deps = { fs: nodeFileSystem, home: '/home/alice', program: ['jit'] }
    const paths = async (env: SinkDeps['env']) =>
      (await azureFiles({ ...deps, env }).plan(DELIVERY)).map(({ path }) => path)
    expect(await paths({})).toEqual([
      '/home/alice/.azure/msal_token_cache.json',
      '/home/alice/.azure/service_principal_entries.json',
      '/home/alice/.azure/azureProfile.json',
      '/home/alice/.azure/clouds.config',
      ...['config', 'msal_token_cache.json', 'service_principal_entries.json', 'azureProfile.json'].map(
        (name) => `${DELIVERY.directory}/azure/${name}`,
      ),
    ])
    expect((await paths({ AZURE_CONFIG_DIR: '/srv/az' }))[0]).toBe('/srv/az/msal_token_cache.json')
    expect(azureFiles({ ...deps, env: {} }).searched()).toHaveLength(3)
  })

  test('have one content for each, and every token among the secrets', async () => {
    using here = machine()
    const sink = azureFiles(here.deps)
    const contents: readonly (FileContent | undefined)[] = await sink.contents(DELIVERY)
    expect(contents).toHaveLength((await sink.plan(DELIVERY)).length)
    const tokens = [accessToken(1), accessToken(2)]
    expect(contents.flatMap((each) => each?.secrets)).toEqual([...tokens, cloudsLine(guid(3)), ...tokens])
    for (const each of contents.slice(1, 5)) expect(each?.content).not.toContain('eyJ')
  })

  test('hold tokens until five minutes after the slice, which MSAL takes off again, and never longer than Entra says', async () => {
    using here = machine()
    const [cache] = await azureFiles(here.deps).contents(DELIVERY)
    expect(JSON.parse(cache?.content ?? '')).toEqual({
      clientId: guid('d'),
      tenantId: TENANT,
      tokens: [
        {
          target:
            'https://management.azure.com/.default https://management.azure.com//.default https://management.core.windows.net/.default https://management.core.windows.net//.default',
          secret: accessToken(1),
          expiresOn: 1_900_001_200,
        },
        {
          target: 'https://vault.azure.net/.default https://vault.azure.net//.default',
          secret: accessToken(2),
          expiresOn: 1_900_001_000,
        },
      ],
    })
    const [sooner] = await azureFiles(here.deps).contents({ ...DELIVERY, endsAt: 1_900_000_300_000 })
    expect(JSON.parse(sooner?.content ?? '').tokens[0].expiresOn).toBe(1_900_000_600)
  })

  test.each(['not an ini [', '[core]\n[core]\n'])(
    'are refused where az could not read its settings: %j',
    async (config) => {
      using here = machine({}, { config })
      await expect(azureFiles(here.deps).plan(DELIVERY)).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining('line '),
      })
    },
  )

  test('leave the choice in clouds.config to a user who has the subscription himself', async () => {
    const list = { 'azureProfile.json': JSON.stringify({ subscriptions: [subscription(guid(3), 'Prod')] }) }
    using here = machine({}, list)
    expect((await azureFiles(here.deps).contents(DELIVERY))[3]).toEqual({ content: '', secrets: [] })
  })

  test('lead a child and a shell to this grant alone, and others to it where it is the default', () => {
    using here = machine({ AZURE_CONFIG_DIR: '/srv/az' })
    const sink = azureFiles(here.deps)
    expect(sink.environment(DELIVERY)).toMatchObject({
      AZURE_CONFIG_DIR: `${DELIVERY.directory}/azure`,
      AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential',
    })
    expect(sink.usage(DELIVERY)[0]).toBe('az account show --subscription jit-prod-db')
    expect(sink.usage({ ...DELIVERY, asDefault: true })).toEqual(['az account show'])
  })

  test.each<[string, Partial<AzureCredential>]>([
    ['tenantId', { tenantId: 'corp.example' }],
    ['clientId', { clientId: guid('D') }],
    ['subscriptionId', { subscriptionId: `${guid(3)}\n` }],
    ['the first resource', { tokens: [] }],
    ['the first resource', { tokens: CREDENTIAL.tokens.toReversed() }],
    [
      'an access token',
      { tokens: [{ resource: 'https://management.azure.com', accessToken: 'a b"c', expiresOn: at(1) }] },
    ],
    [
      'a resource',
      { tokens: [...CREDENTIAL.tokens, { resource: 'https://x y', accessToken: accessToken(3), expiresOn: at(1) }] },
    ],
  ])('are not written with an odd value for %s', async (what, more) => {
    using here = machine()
    for (const sink of [azureFiles(here.deps), azureIsolated(here.deps)])
      await expect(async () => sink.contents(having(more))).rejects.toThrow(
        expect.objectContaining({ code: 'ENDPOINT_INVALID', message: expect.stringContaining(` ${what} `) }),
      )
  })
})

describe('a directory of its own', () => {
  test('is what process means for az, and says so', async () => {
    using here = machine()
    expect(await azureProcess(here.deps).obstacle?.(DELIVERY)).toBe('The Azure CLI asks no program for its tokens.')
    expect([azureIsolated(here.deps).mode, azureProcess(here.deps).mode]).toEqual(['isolated', 'process'])
    expect(await azureProcess(here.deps).contents(DELIVERY)).toEqual(await azureIsolated(here.deps).contents(DELIVERY))
    expect(await azureIsolated(here.deps).plan(DELIVERY)).toEqual(
      ['config', 'msal_token_cache.json', 'service_principal_entries.json', 'azureProfile.json'].map((name) => ({
        kind: 'own',
        path: `${DELIVERY.directory}/azure/${name}`,
      })),
    )
  })

  test('needs nothing of the user but his extensions and his word on telemetry', async () => {
    using here = machine({}, { config: '[core]\ncollect_telemetry = no\noutput = table\n[defaults]\ngroup = x\n' })
    const [config, cache, , profile] = await azureIsolated(here.deps).contents(DELIVERY)
    expect(config?.content).toBe('[core]\nencrypt_token_cache = false\ncollect_telemetry = false\n')
    expect(cache?.secrets).toEqual([accessToken(1), accessToken(2)])
    expect(profile?.content).toContain('"isDefault":true')
    expect(azureIsolated(here.deps).environment(DELIVERY)).toEqual({
      AZURE_CONFIG_DIR: `${DELIVERY.directory}/azure`,
      AZURE_EXTENSION_DIR: join(here.directory, 'cliextensions'),
      AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential',
    })
  })

  test('is used whatever the user has set', () => {
    using here = machine({
      AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'true',
      AZURE_CLOUD_NAME: 'Mine',
      AZURE_EXTENSION_DIR: '/srv/x',
    })
    expect(azureIsolated(here.deps).environment(DELIVERY)).toMatchObject({
      AZURE_EXTENSION_DIR: '/srv/x',
      AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'false',
      AZURE_CLOUD_NAME: 'AzureCloud',
    })
  })

  test('is shown with what there is to know of the version', () => {
    using old = machine({}, version('2.10.0'))
    expect(azureIsolated(old.deps).usage(DELIVERY)).toEqual([
      '# This Azure CLI (2.10.0) is older than 2.30 and does not read these files: update it.',
      'jit exec prod-db -- az account show',
      'eval "$(jit env prod-db)"',
    ])
  })
})
