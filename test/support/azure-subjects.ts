import { createHash } from 'node:crypto'
import { jsonOf, removeAt } from '../../src/base/json-splice.ts'
import { azureFiles } from '../../src/client/sinks/clouds/azure-files.ts'
import { azureIsolated } from '../../src/client/sinks/clouds/azure-isolated.ts'
import { azProfile } from '../../src/client/sinks/formats/az-profile.ts'
import { azServicePrincipals } from '../../src/client/sinks/formats/az-service-principals.ts'
import { azTokenCache } from '../../src/client/sinks/formats/az-token-cache.ts'
import { accessToken, aliceCache, guid, subscription, TENANT } from './azure-entries.ts'
import { pythonJson } from './python-json.ts'

type Named = { readonly profile: string }
type Marked = { readonly mark: string }

/** A service principal and a subscription of its own for each name. */
const idOf = (name: string): string => {
  const hex = createHash('sha256').update(name).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
const tokenFor = (mark: string): string => `${accessToken(1)}${mark}`

/** The text changes in the same way whether an entry of ours is beside it or not. */
const replaced =
  (from: string, to: string, ofNothing: string) =>
  (bytes: Buffer): Buffer =>
    Buffer.from(bytes.length === 0 ? ofNothing : bytes.toString().replace(from, to))

const mine = pythonJson(subscription(guid(1), 'mine', true))
const theirs = pythonJson(subscription(guid(2), 'theirs'))
const PROFILE = `{"installationId": "i", "subscriptions": [${mine}]}`
const PRINCIPALS = pythonJson([{ client_id: 'mine', tenant: 't', client_secret: 'his' }], 4)
const CACHE = pythonJson(aliceCache, 4)

/** For the suite over all formats. Only a subscription has a name that can be taken. */
export const AZ_FORMAT_SUBJECTS = {
  'az-profile': {
    format: azProfile,
    originals: {
      'a login': `\uFEFF${PROFILE}`,
      'a login without a mark of the byte order': PROFILE,
      nobody: '\uFEFF{}',
      'an empty list': '{"subscriptions": [ ]}',
      'indentation and CRLF': JSON.stringify(JSON.parse(PROFILE), null, 2).replaceAll('\n', '\r\n'),
      'odd names': JSON.stringify({ subscriptions: [subscription(guid(1), 'é "😀" \\', true)] }),
    },
    unreadable: { 'half of it': '{"subscriptions":[', 'a list': '[]', 'UTF-16': Buffer.from('{}', 'utf16le') },
    taken: (profile: string): string => JSON.stringify({ subscriptions: [subscription(guid(1), profile)] }),
    content: ({ profile }: Named): string =>
      JSON.stringify({ id: idOf(profile), clientId: idOf(`${profile} client`), tenantId: TENANT, asDefault: false }),
    secrets: (): readonly string[] => [],
    edits: { 'changes a login': replaced('"type": "user"', '"type": "person"', '') },
  },
  'az-token-cache': {
    format: azTokenCache,
    originals: {
      'a login': CACHE,
      nobody: '{}',
      'all in one line': JSON.stringify(aliceCache),
      'an empty part': '{"AccessToken":{}}',
    },
    unreadable: { 'half of it': '{"AccessToken":{', 'a list': '[]', 'a byte order mark': '\uFEFF{}' },
    content: ({ profile, mark }: Named & Marked): string =>
      JSON.stringify({
        clientId: idOf(`${profile} client`),
        tenantId: TENANT,
        tokens: [{ target: 'https://management.azure.com/.default', secret: tokenFor(mark), expiresOn: 5_000_000_000 }],
      }),
    secrets: (mark: string): readonly string[] => [tokenFor(mark)],
    edits: { 'changes an account': replaced('"MSSTS"', '"ADFS"', '') },
    unmarked: (bytes: Buffer): Buffer => Buffer.from(removeAt(jsonOf(bytes.toString()), ['jit']).text),
  },
  'az-service-principals': {
    format: azServicePrincipals,
    originals: {
      'an own principal': PRINCIPALS,
      nobody: '[]',
      'all in one line': JSON.stringify(JSON.parse(PRINCIPALS)),
    },
    unreadable: { 'half of it': '[{', 'no list': '{}', 'a byte order mark': '\uFEFF[]' },
    content: ({ profile }: Named): string => JSON.stringify({ clientId: idOf(`${profile} client`), tenantId: TENANT }),
    secrets: (): readonly string[] => [],
    edits: { 'changes a secret': replaced('"his"', '"his new one"', '') },
  },
}

function delivery(profile: string, mark = '') {
  const [expiration, notAfter] = ['2099-01-01T01:00:00Z', '2099-01-01T00:30:00Z']
  const token = { resource: 'https://management.azure.com', accessToken: tokenFor(mark), expiresOn: expiration }
  const credential = {
    cloud: 'azure' as const,
    expiration,
    notAfter,
    tenantId: TENANT,
    clientId: idOf(`${profile} client`),
    subscriptionId: idOf(profile),
    subscriptionName: 'Prod',
    role: 'Contributor',
    tokens: [token],
  }
  return {
    cloud: 'azure' as const,
    profile,
    role: 'Contributor',
    asDefault: false,
    validUntil: Date.parse(notAfter),
    credential,
  }
}

const home = { '.azure/config': '[core]\ncollect_telemetry = no\n' }
const isolated = {
  delivery,
  secrets: [accessToken(1)],
  home: { ...home, '.azure/azureProfile.json': PROFILE },
  shared: [],
}

/** For the suites over all cloud sinks. */
export const AZURE_SINK_SUBJECTS = {
  'azure-files': {
    make: azureFiles,
    delivery,
    secrets: [accessToken(1)],
    home,
    shared: [
      {
        path: '.azure/azureProfile.json',
        original: PROFILE,
        edit: replaced('"subscriptions": [', `"subscriptions": [${theirs}, `, `\uFEFF{"subscriptions": [${theirs}]}`),
        format: AZ_FORMAT_SUBJECTS['az-profile'],
      },
    ],
    taken: (profile: string) => ({ '.azure/azureProfile.json': AZ_FORMAT_SUBJECTS['az-profile'].taken(profile) }),
  },
  'azure-isolated': { make: azureIsolated, ...isolated },
}
