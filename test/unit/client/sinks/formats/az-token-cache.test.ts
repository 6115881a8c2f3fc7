import { describe, expect, test } from 'vitest'
import { append, jsonOf, removeAt, valueAt } from '../../../../../src/base/json-splice.ts'
import { azClouds, cloudsLine } from '../../../../../src/client/sinks/formats/az-clouds.ts'
import { azServicePrincipals } from '../../../../../src/client/sinks/formats/az-service-principals.ts'
import { azTokenCache } from '../../../../../src/client/sinks/formats/az-token-cache.ts'
import { accessToken, aliceCache, guid, principalEntry, TENANT, tokenEntry } from '../../../../support/azure-entries.ts'
import { pythonJson } from '../../../../support/python-json.ts'

const alices = Buffer.from(pythonJson(aliceCache, 4))
const wipe = (bytes: Buffer, number: number): Buffer =>
  azTokenCache.remove(bytes, ({ lease }) => lease === `g_${number}`)
const isToken = (number: number) => (text: string) => text === accessToken(number)
const ours = { lease: 'g_1', profile: 'jit-target-1' }

/** What `az` writes after asking Entra for another resource. */
const mint = (bytes: Buffer, clientId: string, secret: string): Buffer =>
  Buffer.from(
    append(
      jsonOf(bytes.toString()),
      ['AccessToken'],
      JSON.stringify({ secret, home_account_id: null, client_id: clientId, realm: TENANT, target: 'vault' }),
      `-login.microsoftonline.com-accesstoken-${clientId}-${TENANT}-vault-${secret}`,
    ).text,
  )

describe('the token cache', () => {
  test('holds a token under the key and with the members that MSAL gives it', () => {
    const target = 'https://management.azure.com/.default https://management.azure.com//.default'
    const root = valueAt(jsonOf(azTokenCache.insert(Buffer.alloc(0), tokenEntry(1)).toString()), [])
    expect(root).toEqual({
      jit: expect.anything(),
      AccessToken: {
        [`-login.microsoftonline.com-accesstoken-${guid('b')}-${TENANT}-${target}`]: {
          credential_type: 'AccessToken',
          secret: accessToken(1),
          home_account_id: null,
          environment: 'login.microsoftonline.com',
          client_id: guid('b'),
          target,
          realm: TENANT,
          token_type: 'Bearer',
          cached_at: '1999892300',
          expires_on: '2000000300',
          extended_expires_on: '2000000300',
        },
      },
      AppMetadata: {
        [`appmetadata-login.microsoftonline.com-${guid('b')}`]: {
          client_id: guid('b'),
          environment: 'login.microsoftonline.com',
        },
      },
    })
  })

  test('tells where the secrets lie, so that they can be blanked', () => {
    const bytes = mint(azTokenCache.insert(Buffer.from('{"é":1}'), tokenEntry(1)), guid('b'), 'minted-by-az-itself')
    const [found] = azTokenCache.find(bytes)
    const secrets = found?.secrets.map(({ start, end }) => bytes.subarray(start, end).toString())
    expect(secrets).toEqual([accessToken(1), 'minted-by-az-itself'])
    for (const { start, end } of found?.secrets ?? []) bytes.fill(' ', start, end)
    expect(wipe(bytes, 1).toString()).toBe('{"é":1}')
  })

  test('loses what az minted for our service principal with the lease', () => {
    const bytes = mint(azTokenCache.insert(alices, tokenEntry(1)), guid('b'), 'minted')
    expect(wipe(bytes, 1)).toEqual(alices)
  })

  test('keeps tokens that a person has through the same client', () => {
    const bytes = azTokenCache.insert(alices, tokenEntry(1, { clientId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' }))
    expect(wipe(bytes, 1)).toEqual(alices)
  })

  test('refuses a service principal whose tokens the user has himself, or another grant', () => {
    const mine = mint(Buffer.from('{"AccessToken":{}}'), guid('b'), 'mine')
    expect(() => azTokenCache.insert(mine, tokenEntry(1))).toThrow(/tokens of your own for service principal bbbb/)
    const two = azTokenCache.insert(alices, tokenEntry(2, { clientId: guid('b') }))
    expect(() => azTokenCache.insert(two, tokenEntry(1))).toThrow(
      'Grant g_2 (jit-target-2) uses the same service principal',
    )
  })

  test('after a program has dropped our marks, a token is known by its hash, and what az minted beside it', () => {
    const full = mint(azTokenCache.insert(alices, tokenEntry(1)), guid('b'), 'minted')
    const bare = Buffer.from(removeAt(jsonOf(full.toString()), ['jit']).text)
    expect(azTokenCache.find(bare)).toEqual([])
    expect(azTokenCache.holdsSecret(bare, isToken(1))).toBe(true)
    const rest = azTokenCache.removeUnmarked(bare, ours, isToken(1))
    expect(valueAt(jsonOf(rest.toString()), ['AccessToken'])).toEqual(aliceCache.AccessToken)
    expect(azTokenCache.holdsSecret(rest, isToken(1))).toBe(false)
    expect(azTokenCache.removeUnmarked(alices, ours, isToken(1))).toEqual(alices)
  })

  test('a secret is seen in a file that is torn', () => {
    const torn = azTokenCache.insert(alices, tokenEntry(1)).subarray(0, -20)
    expect(azTokenCache.holdsSecret(torn, isToken(1))).toBe(true)
    expect(azTokenCache.holdsSecret(torn, isToken(2))).toBe(false)
  })

  test('and the list of service principals have the lock files of MSAL', () => {
    expect(azTokenCache.lockFile?.('/a/msal_token_cache.json')).toBe('/a/msal_token_cache.json.lockfile')
    expect(azServicePrincipals.lockFile?.('/a/b.json')).toBe('/a/b.json.lockfile')
  })

  test('refuses a byte order mark, at which az stops', () => {
    const check = () => azTokenCache.check('/f', Buffer.from('\uFEFF{}'), { profile: 'p', asDefault: false })
    expect(check).toThrow('it starts with a byte order mark')
  })
})

describe('the list of service principals', () => {
  test('gets an entry without any credential', () => {
    const bytes = azServicePrincipals.insert(Buffer.alloc(0), principalEntry(1))
    expect(JSON.parse(bytes.toString())).toEqual([
      {
        client_id: guid('b'),
        tenant: TENANT,
        jit: { lease: 'g_1', expiresAt: 2_000_000_001, profile: 'jit-target-1', madeFile: true },
      },
    ])
  })

  test('stays a list, never an empty file, where it was one', () => {
    const list = Buffer.from('[]')
    expect(azServicePrincipals.remove(azServicePrincipals.insert(list, principalEntry(1)), () => true)).toEqual(list)
  })

  test.each([[guid('b')], [guid('b').toUpperCase()]])(
    'refuses a service principal that the user logs in as: %s',
    (client) => {
      const bytes = Buffer.from(JSON.stringify([{ client_id: client, tenant: TENANT, client_secret: 'his' }]))
      expect(() => azServicePrincipals.insert(bytes, principalEntry(1))).toThrow(
        /logged in to az as service principal bbbb/,
      )
      const elsewhere = Buffer.from(JSON.stringify([{ client_id: client, tenant: guid(8), client_secret: 'his' }]))
      const full = azServicePrincipals.insert(elsewhere, principalEntry(1))
      expect(azServicePrincipals.remove(full, () => true)).toEqual(elsewhere)
    },
  )

  test('refuses a list at which az stops', () => {
    const check = () =>
      azServicePrincipals.check('/f', Buffer.from('[{"client_id":"x"}]'), { profile: 'p', asDefault: false })
    expect(check).toThrow('without client_id and tenant')
  })
})

describe('clouds.config', () => {
  const isOurs = (text: string): boolean => text === cloudsLine(guid('a').toUpperCase())

  test.each([
    [`[AzureCloud]\nsubscription = ${guid('a')}\n\n`, '[AzureCloud]\n\n'],
    [
      `[AzureCloud]\r\nsubscription=${guid('a').toUpperCase()} \r\nprofile = latest\r\n`,
      '[AzureCloud]\r\nprofile = latest\r\n',
    ],
    [`# mine\n[AzureCloud]\nsubscription = ${guid('b')}\n`, `# mine\n[AzureCloud]\nsubscription = ${guid('b')}\n`],
    [`[AzureCloud]\n# subscription = ${guid('a')}\n`, `[AzureCloud]\n# subscription = ${guid('a')}\n`],
    ['', ''],
  ])('%j loses the line that chooses our subscription', (text, rest) => {
    const bytes = Buffer.from(text)
    expect(azClouds.removeUnmarked(bytes, ours, isOurs).toString()).toBe(rest)
    expect(azClouds.holdsSecret(bytes, isOurs)).toBe(text !== rest)
  })

  test('gets nothing from us', () => {
    const bytes = Buffer.from('[AzureCloud]\n')
    expect(azClouds.insert(bytes, principalEntry(1))).toEqual(bytes)
    expect(azClouds.find(bytes)).toEqual([])
  })
})
