import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FOREIGN_SUBSCRIPTION, IDLE_CLIENT, SUBSCRIPTION, TENANT, VAULT_HOST } from '../../../support/azure-account.ts'
import { errorOf, FOREIGN, GRAPH, GROUPS, IDLE, SCOPES, SUBSCRIPTIONS, VAULT } from './uses.ts'
import { ARM, type Defect, exactly, startWorld, stopWorld, tokenFor, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => stopWorld(world))

type Use = readonly [
  name: string,
  url: string,
  token: () => Promise<string | undefined>,
  refusal: readonly [status: number, code: string, message: string | RegExp, challenge?: RegExp],
]
const of = (scope: string, defect?: Defect) => (): Promise<string> => tokenFor(world, scope, defect)
const none = async (): Promise<undefined> => undefined
const other = async (): Promise<string> => 'eyJ0.made.up'
const ALLOWED =
  "'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'"
const wrongAudience = (audience: string): string =>
  `The access token has been obtained for wrong audience or resource '${audience}'. It should exactly match with one of the allowed audiences ${ALLOWED}.`
const notAuthorized = (client: string, action: string, scope: string): RegExp =>
  new RegExp(
    `The client '${client}' with object id '[0-9a-f-]{36}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid\\. If access was recently granted, please refresh your credentials\\.`,
  )
const SUB_SCOPE = `/subscriptions/${SUBSCRIPTION}`
const READ_GROUPS = 'Microsoft.Resources/subscriptions/resourceGroups/read'
const BY_LOGIN =
  /^Bearer authorization_uri="https:\/\/login\.windows\.net\/[0-9a-f-]*", error="invalid_token", error_description=".+"$/
const BY_VAULT = new RegExp(
  `^Bearer authorization="https://login\\.microsoftonline\\.com/${TENANT}", resource="https://vault\\.azure\\.net"$`,
)

const ROWS: readonly Use[] = [
  [
    'ARM: no api-version',
    `${ARM}/subscriptions`,
    of(SCOPES.arm),
    [
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    ],
  ],
  [
    'ARM: an unknown api-version',
    `${ARM}/subscriptions?api-version=2026-13-01`,
    of(SCOPES.arm),
    [
      400,
      'InvalidApiVersionParameter',
      /The api-version '2026-13-01' is invalid\. The supported versions are '2025-04-01,.*'\./,
    ],
  ],
  [
    'ARM: no token',
    SUBSCRIPTIONS,
    none,
    [401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.", BY_LOGIN],
  ],
  [
    'ARM: a made-up token',
    SUBSCRIPTIONS,
    other,
    [401, 'InvalidAuthenticationToken', 'The access token is invalid.', BY_LOGIN],
  ],
  ...(['vault', 'graph', 'storage'] as const).map(
    (name): Use => [
      `ARM: a token for ${name}`,
      GROUPS,
      of(SCOPES[name]),
      [401, 'InvalidAuthenticationTokenAudience', wrongAudience(SCOPES[name].replace('/.default', '')), BY_LOGIN],
    ],
  ),
  [
    'ARM: a token of another tenant',
    GROUPS,
    of(SCOPES.arm, FOREIGN),
    [
      401,
      'InvalidAuthenticationTokenTenant',
      /The access token is from the wrong issuer 'https:\/\/sts\.windows\.net\/22222222-.*/,
      BY_LOGIN,
    ],
  ],
  [
    'ARM: a subscription of another tenant',
    `${ARM}/subscriptions/${FOREIGN_SUBSCRIPTION}?api-version=2022-12-01`,
    of(SCOPES.arm),
    [
      401,
      'InvalidAuthenticationTokenTenant',
      /.*It must match the tenant 'https:\/\/sts\.windows\.net\/22222222-.*/,
      BY_LOGIN,
    ],
  ],
  [
    'ARM: a subscription that is none',
    `${ARM}/subscriptions/aaaaaaaa-0000-4000-8000-00000000000f?api-version=2022-12-01`,
    of(SCOPES.arm),
    [404, 'SubscriptionNotFound', "The subscription 'aaaaaaaa-0000-4000-8000-00000000000f' could not be found."],
  ],
  [
    'ARM: a subscription by name',
    `${ARM}/subscriptions/prod?api-version=2022-12-01`,
    of(SCOPES.arm),
    [400, 'InvalidSubscriptionId', "The provided subscription identifier 'prod' is malformed or invalid."],
  ],
  [
    'ARM: a group that is none',
    GROUPS.replace('?', '/none?'),
    of(SCOPES.arm),
    [404, 'ResourceGroupNotFound', "Resource group 'none' could not be found."],
  ],
  [
    'ARM: groups, without a role',
    GROUPS,
    of(SCOPES.arm, IDLE),
    [403, 'AuthorizationFailed', notAuthorized(IDLE_CLIENT, READ_GROUPS, SUB_SCOPE)],
  ],
  [
    'ARM: a subscription, without a role',
    `${ARM}${SUB_SCOPE}?api-version=2022-12-01`,
    of(SCOPES.arm, IDLE),
    [403, 'AuthorizationFailed', notAuthorized(IDLE_CLIENT, 'Microsoft.Resources/subscriptions/read', SUB_SCOPE)],
  ],
  [
    'ARM: what the simulator does not know',
    `${ARM}${SUB_SCOPE}/providers?api-version=2022-09-01`,
    of(SCOPES.arm),
    [
      501,
      'SimulatorUnsupported',
      /The Azure simulator does not know GET .*\/providers\?api-version=2022-09-01 of management\.azure\.com\./,
    ],
  ],
  [
    'ARM: a filter',
    `${GROUPS}&$filter=x`,
    of(SCOPES.arm),
    [501, 'SimulatorUnsupported', /The Azure simulator does not know GET .*filter=x of management\.azure\.com\./],
  ],
  [
    'a vault: no token',
    VAULT,
    none,
    [401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.', BY_VAULT],
  ],
  [
    'a vault: a made-up token',
    VAULT,
    other,
    [401, 'Unauthorized', 'AKV10046: Unable to resolve the key used for signature validation.', BY_VAULT],
  ],
  [
    'a vault: a token for ARM',
    VAULT,
    of('https://management.azure.com/.default'),
    [
      401,
      'Unauthorized',
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com.',
      BY_VAULT,
    ],
  ],
  [
    'a vault: its own name with a slash more',
    VAULT,
    of('https://vault.azure.net//.default'),
    [
      401,
      'Unauthorized',
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://vault.azure.net/.',
      BY_VAULT,
    ],
  ],
  [
    'a vault: a token of another tenant',
    VAULT,
    of(SCOPES.vault, FOREIGN),
    [
      401,
      'Unauthorized',
      /AKV10032: Invalid issuer\. Expected one of https:\/\/sts\.windows\.net\/1111.*found .*/,
      BY_VAULT,
    ],
  ],
  [
    'a vault: without a role',
    VAULT,
    of(SCOPES.vault, IDLE),
    [
      403,
      'Forbidden',
      /Caller is not authorized to perform action on resource\.[^]*appid=bbbbbbbb-0000-4000-8000-000000000002;[^]*readMetadata\/action[^]*/,
    ],
  ],
  [
    'a vault: no api-version',
    `https://${VAULT_HOST}/secrets`,
    none,
    [400, 'BadParameter', 'api-version must be specified'],
  ],
  [
    'a vault: keys',
    `https://${VAULT_HOST}/keys?api-version=7.4`,
    of(SCOPES.vault),
    [501, 'SimulatorUnsupported', 'The Azure simulator does not know GET /keys of Key Vault.'],
  ],
  ['Graph: no token', GRAPH, none, [401, 'InvalidAuthenticationToken', 'Access token is empty.']],
  ['Graph: a made-up token', GRAPH, other, [401, 'InvalidAuthenticationToken', 'Access token validation failure.']],
  [
    'Graph: a token for ARM',
    GRAPH,
    of(SCOPES.arm),
    [401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.'],
  ],
  [
    'Graph: without the permission',
    GRAPH,
    of(SCOPES.graph, IDLE),
    [403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'],
  ],
  [
    'Graph: another path',
    'https://graph.microsoft.com/v1.0/me',
    of(SCOPES.graph),
    [501, 'SimulatorUnsupported', 'The Azure simulator does not know GET /v1.0/me of Microsoft Graph.'],
  ],
]

describe('at use time is refused by', () => {
  test.each(ROWS)('%s', async (_name, url, getToken, refusal) => {
    const [status, code, message, challenge = /./] = refusal
    const token = await getToken()

    const reply = await world.server.call(
      url,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    )

    expect({ status: reply.status, code: errorOf(reply).code }).toEqual({ status, code })
    expect(errorOf(reply).message).toMatch(exactly(message))
    expect(reply.headers['www-authenticate'] ?? 'none').toMatch(challenge)
  })
})
