import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { azureFiles } from '../../src/client/sinks/clouds/azure-files.ts'
import { azureIsolated } from '../../src/client/sinks/clouds/azure-isolated.ts'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { CloudSink, Delivery } from '../../src/client/sinks/clouds/types.ts'
import type { AzureCredential } from '../../src/contract/credential.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { accessToken, aliceCache, guid, subscription, TENANT } from '../support/azure-entries.ts'
import { insertInto, removeFrom } from '../support/az-edits.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { pythonJson } from '../support/python-json.ts'
import { OWN_PRINCIPAL, type ScriptedAzure, startScriptedAzure } from '../support/scripted-azure.ts'

/** Not started: it would leave files in a home. */
const hasAz = spawnSync('sh', ['-c', 'command -v az']).status === 0
const CLIENT = guid('d')
const [ARM_TOKEN, VAULT_TOKEN] = [accessToken(1), accessToken(2)]

function deliveryTo(directory: string, more: Partial<Delivery<AzureCredential>> = {}): Delivery<AzureCredential> {
  const endsAt = Date.now() + 900_000
  const expiresOn = new Date(Date.now() + 3_600_000).toISOString()
  return {
    lease: 'g_1',
    target: 'prod-db',
    profile: 'jit-prod-db',
    asDefault: false,
    directory,
    endsAt,
    credential: {
      cloud: 'azure',
      expiration: expiresOn,
      notAfter: new Date(endsAt).toISOString(),
      tenantId: TENANT,
      clientId: CLIENT,
      subscriptionId: guid(3),
      subscriptionName: 'Prod',
      role: 'Contributor',
      tokens: [
        { resource: 'https://management.azure.com', accessToken: ARM_TOKEN, expiresOn },
        { resource: 'https://vault.azure.net', accessToken: VAULT_TOKEN, expiresOn },
      ],
    },
    ...more,
  }
}

type Result = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A home with what `az login` has left for alice, and a service principal that a pipeline of hers uses. */
function homeOf(root: string, name: string) {
  const home = join(root, name)
  const config = join(home, '.azure')
  cpSync(join(root, 'seed', '.azure'), config, { recursive: true })
  const put = (file: string, text: string): void => writeFileSync(join(config, file), text, { mode: 0o600 })
  const own = subscription(guid(4), 'pipeline', false, {
    user: { name: OWN_PRINCIPAL.client_id, type: 'servicePrincipal' },
  })
  const subscriptions = [subscription(guid(1), 'mine', true), subscription(guid(3), 'Prod'), own]
  put('azureProfile.json', `\uFEFF${pythonJson({ installationId: 'i', subscriptions })}`)
  put('service_principal_entries.json', pythonJson([OWN_PRINCIPAL], 4))
  put('msal_token_cache.json', pythonJson(aliceCache, 4))
  put('clouds.config', `[AzureCloud]\nsubscription = ${guid(1)}\n\n`)
  const files = ['azureProfile.json', 'service_principal_entries.json', 'msal_token_cache.json', 'clouds.config']
  const deps: SinkDeps = { fs: nodeFileSystem, env: {}, home, program: ['jit'] }
  return {
    home,
    config,
    deps,
    read: (file: string) => readFileSync(join(config, file), 'utf8'),
    hashes: () =>
      files.map((file) =>
        createHash('sha256')
          .update(readFileSync(join(config, file)))
          .digest('hex'),
      ),
    /** Every file below that holds one of these. */
    holding: (...needles: readonly string[]) =>
      readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => needles.some((needle) => readFileSync(file).includes(needle))),
  }
}

describe.skipIf(!hasAz || !hasOpenssl)('the real az', () => {
  let root: string
  let azure: ScriptedAzure

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'jit-az-'))
    azure = await startScriptedAzure()
    azure.valid.add(ARM_TOKEN)
    mkdirSync(join(root, 'seed'))
    await az(join(root, 'seed'), ['account', 'list']) // makes its index of commands, which takes seconds
  })
  afterAll(async () => {
    await azure.close()
    rmSync(root, { recursive: true })
  })

  const environment = (home: string, more: Readonly<Record<string, string>> = {}) => ({
    PATH: process.env['PATH'],
    HOME: home,
    AZURE_CORE_COLLECT_TELEMETRY: 'no',
    ...azure.env,
    ...more,
  })
  const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Result> =>
    new Promise((resolve) => {
      execFile(command, [...args], { env, encoding: 'utf8' }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr }),
      )
    })
  const az = (home: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Result> =>
    run('az', [...args, '--output', 'json'], environment(home, more))

  async function insertAll(sink: CloudSink<AzureCredential>, delivery: Delivery<AzureCredential>): Promise<void> {
    const contents = await sink.contents(delivery)
    for (const [index, file] of (await sink.plan(delivery)).entries()) {
      const content = contents[index]?.content ?? ''
      if (file.kind === 'entry') await insertInto(file, delivery, content)
      else {
        mkdirSync(dirname(file.path), { recursive: true, mode: 0o700 })
        writeFileSync(file.path, content, { mode: 0o600 })
      }
    }
  }
  async function removeAll(sink: CloudSink<AzureCredential>, delivery: Delivery<AzureCredential>): Promise<void> {
    const contents = await sink.contents(delivery)
    for (const [index, file] of (await sink.plan(delivery)).entries())
      if (file.kind === 'entry') await removeFrom(file, delivery, contents[index]?.secrets ?? [])
      else rmSync(file.path)
  }

  test('uses a grant beside the other accounts, and all is as before when it is over', async () => {
    const { home, deps, hashes, holding } = homeOf(root, 'beside')
    const before = hashes()
    const [sink, delivery] = [azureFiles(deps), deliveryTo(join(home, 'grant'))]
    expect(await sink.obstacle?.(delivery)).toBeUndefined()
    await insertAll(sink, delivery)
    const ours = ['--subscription', 'jit-prod-db']

    const [shown, theirs, groups, listed] = await Promise.all([
      az(home, ['account', 'show', ...ours]),
      az(home, ['account', 'show']),
      az(home, ['group', 'list', ...ours]),
      az(home, ['account', 'list']),
    ])
    expect(JSON.parse(shown.stdout)).toMatchObject({ id: guid(3), user: { name: CLIENT, type: 'servicePrincipal' } })
    expect(JSON.parse(theirs.stdout)).toMatchObject({ id: guid(1), user: { name: 'alice@corp.example' } })
    expect([groups.stderr, JSON.parse(groups.stdout)]).toEqual(['', [expect.objectContaining({ name: 'prod' })]])
    expect(JSON.parse(listed.stdout)).toHaveLength(3)

    const resources = [
      ['https://management.azure.com', ARM_TOKEN],
      ['https://management.azure.com/', ARM_TOKEN],
      ['https://management.core.windows.net', ARM_TOKEN],
      ['https://management.core.windows.net/', ARM_TOKEN],
      ['https://vault.azure.net', VAULT_TOKEN],
      ['https://vault.azure.net/', VAULT_TOKEN],
    ] as const
    const get = ['account', 'get-access-token', ...ours, '--resource']
    const got = await Promise.all(resources.map(([resource]) => az(home, [...get, resource])))
    expect(
      got.map(({ stdout, stderr }, index) => [resources[index]?.[0], stderr, JSON.parse(stdout).accessToken]),
    ).toEqual(resources.map(([resource, secret]) => [resource, '', secret]))
    expect(azure.asked).not.toContain(CLIENT)

    await removeAll(sink, delivery)
    expect(hashes()).toEqual(before)
    expect(holding(CLIENT, ARM_TOKEN, VAULT_TOKEN)).toEqual([])
    const over = await az(home, ['group', 'list', ...ours])
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining("'jit-prod-db' not found")])
  })

  test('finds no other resource, and says so', async () => {
    const { home, deps } = homeOf(root, 'elsewhere')
    await insertAll(azureFiles(deps), deliveryTo(join(home, 'grant')))
    const graph = ['account', 'get-access-token', '--resource', 'https://graph.microsoft.com']
    const got = await az(home, [...graph, '--subscription', 'jit-prod-db'])
    expect(got.code).toBe(1)
    expect(got.stdout).toBe('')
  })

  test('stops when the slice is over, not before and not long after', async () => {
    const { home, deps } = homeOf(root, 'slice')
    const groups = ['group', 'list', '--subscription', 'jit-prod-db']
    const endsIn = async (ms: number): Promise<Result> => {
      await insertAll(azureFiles(deps), deliveryTo(join(home, 'grant'), { endsAt: Date.now() + ms }))
      return az(home, groups)
    }
    expect(await endsIn(60_000)).toMatchObject({ code: 0 })
    expect(await endsIn(-1000)).toMatchObject({ code: 1, stdout: '' })
  })

  test('having chosen the grant by az account set, it goes back to who was the default', async () => {
    const { home, deps, read, holding } = homeOf(root, 'chosen')
    const [sink, delivery] = [
      azureFiles(deps),
      deliveryTo(join(home, 'grant'), { credential: { ...deliveryTo('').credential, subscriptionId: guid(5) } }),
    ]
    await insertAll(sink, delivery)
    expect(await az(home, ['account', 'set', '--subscription', 'jit-prod-db'])).toMatchObject({ code: 0 })
    expect(read('clouds.config')).toContain(guid(5))
    expect(JSON.parse((await az(home, ['account', 'show'])).stdout)).toMatchObject({ name: 'jit-prod-db' })
    await removeAll(sink, delivery)
    expect(JSON.parse((await az(home, ['account', 'show'])).stdout)).toMatchObject({ name: 'mine', isDefault: true })
    expect(holding(CLIENT, guid(5), 'jit')).toEqual([])
  })

  test('logs our service principal out, and the entry of the user that had stepped aside is back all the same', async () => {
    const { home, deps } = homeOf(root, 'logout')
    const [sink, delivery] = [azureFiles(deps), deliveryTo(join(home, 'grant'))]
    await insertAll(sink, delivery)
    expect(await az(home, ['logout', '--username', CLIENT])).toMatchObject({ code: 0 })
    await removeAll(sink, delivery)
    const { stdout } = await az(home, ['account', 'list'])
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'mine' }, { name: 'pipeline' }, { name: 'Prod' }])
  })

  test('makes all entries anew, and ours is found and goes', async () => {
    const { home, deps, holding } = homeOf(root, 'refresh')
    const [sink, delivery] = [azureFiles(deps), deliveryTo(join(home, 'grant'))]
    await insertAll(sink, delivery)
    expect(await az(home, ['account', 'list', '--refresh'])).toMatchObject({ code: 0 })
    await removeAll(sink, delivery)
    expect(holding(CLIENT, ARM_TOKEN)).toEqual([])
    expect(JSON.parse((await az(home, ['account', 'show', '--subscription', 'Prod'])).stdout)).toMatchObject({
      user: { name: 'alice@corp.example' },
    })
  })

  test('mints tokens of its own while grants come and go, and neither loses anything', async () => {
    const { home, deps, read, config } = homeOf(root, 'busy')
    const [sink, delivery] = [azureFiles(deps), deliveryTo(join(home, 'grant'))]
    const resources = Array.from({ length: 6 }, (_, index) => `https://r${index}.example`)
    const busy = { over: false }
    const coming = (async () => {
      let rounds = 0
      for (; !busy.over; rounds++) {
        await insertAll(sink, delivery)
        await removeAll(sink, delivery)
      }
      return rounds
    })()
    const results = await Promise.all(
      resources.map((resource) =>
        az(home, ['account', 'get-access-token', '--resource', resource, '--subscription', 'pipeline']),
      ),
    )
    busy.over = true
    expect(await coming).toBeGreaterThan(20)
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual(resources.map(() => [0, '']))
    const cache = JSON.parse(read('msal_token_cache.json')) as typeof aliceCache
    const targets = Object.values(cache.AccessToken).map(({ target }) => target)
    expect(targets.toSorted()).toEqual([...resources.map((resource) => `${resource}/.default`), 'scope'])
    expect(JSON.stringify(cache)).not.toContain('jit')
    expect(JSON.parse(read('service_principal_entries.json'))).toEqual([OWN_PRINCIPAL])
    expect(readdirSync(config).filter((name) => name.includes('lockfile') || name.includes('.tmp'))).toEqual([])
  })

  test('works in a directory of its own, with nothing of the user in it', async () => {
    const { home, deps, hashes } = homeOf(root, 'isolated')
    const before = hashes()
    const [sink, delivery] = [azureIsolated(deps), deliveryTo(join(home, 'grant'))]
    await insertAll(sink, delivery)
    const more = sink.environment(delivery)
    const [shown, groups] = await Promise.all([az(home, ['account', 'show'], more), az(home, ['group', 'list'], more)])
    expect(JSON.parse(shown.stdout)).toMatchObject({ id: guid(3), name: 'jit-prod-db', isDefault: true })
    expect([groups.stderr, JSON.parse(groups.stdout)]).toEqual(['', [expect.objectContaining({ name: 'prod' })]])
    const encrypting = { ...deps, env: { AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'true' } }
    const wish = { ...encrypting.env, ...azureIsolated(encrypting).environment(delivery) }
    expect(await az(home, ['group', 'list'], wish)).toMatchObject({ code: 0 })
    expect(hashes()).toEqual(before)
    expect(existsSync(join(home, 'grant', 'azure', 'azureProfile.json'))).toBe(true)
  })

  test('gives the SDK a token of the grant, in both ways', async () => {
    const { home, deps } = homeOf(root, 'sdk')
    const delivery = deliveryTo(join(home, 'grant'))
    await insertAll(azureFiles(deps), delivery)
    await insertAll(azureIsolated(deps), delivery)
    const token = async (construct: string, more: Readonly<Record<string, string>>): Promise<unknown> => {
      const script = `import * as identity from '@azure/identity'
        const got = await new identity.${construct}.getToken('https://management.azure.com/.default')
        console.log(JSON.stringify(got))`
      const got = await run(process.execPath, ['--input-type=module', '-e', script], environment(home, more))
      return got.code === 0 ? JSON.parse(got.stdout) : got.stderr
    }
    expect(await token("AzureCliCredential({ subscription: 'jit-prod-db' })", {})).toMatchObject({ token: ARM_TOKEN })
    const isolated = azureIsolated(deps).environment(delivery)
    expect(await token('DefaultAzureCredential()', isolated)).toMatchObject({ token: ARM_TOKEN })
  })
})
