import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ASSIGNMENT,
  CLIENT,
  FOREIGN_CLIENT,
  FOREIGN_SUBJECT,
  FOREIGN_SUBSCRIPTION,
  IDLE_CLIENT,
  IDLE_SUBJECT,
  OTHER_TENANT,
  PRINCIPAL,
  SUBSCRIPTION,
  TENANT,
  VAULT_ASSIGNMENT,
  VAULT_HOST,
} from '../../../support/azure-account.ts'
import type { CloudReply } from '../../../support/cloud-call.ts'
import { ARM, ARM_SCOPE, type Defect, exactly, startWorld, stopWorld, tokenFor, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => stopWorld(world))

const GRAPH = 'https://graph.microsoft.com/v1.0/organization'
const VAULT = `https://${VAULT_HOST}/secrets?api-version=7.4`
const GROUPS = `${ARM}/subscriptions/${SUBSCRIPTION}/resourcegroups?api-version=2022-09-01`
const SUBSCRIPTIONS = `${ARM}/subscriptions?api-version=2022-12-01`
const SCOPES = {
  arm: ARM_SCOPE,
  vault: 'https://vault.azure.net/.default',
  graph: 'https://graph.microsoft.com/.default',
  storage: 'https://storage.azure.com/.default',
}
const IDLE: Defect = { form: { client_id: IDLE_CLIENT }, claims: { sub: IDLE_SUBJECT } }
const FOREIGN: Defect = {
  tenant: OTHER_TENANT,
  form: { client_id: FOREIGN_CLIENT },
  claims: { sub: FOREIGN_SUBJECT },
}
const asked = (url: string, token: string, at = world): Promise<CloudReply> =>
  at.server.call(url, { headers: { authorization: `Bearer ${token}` } })
const errorOf = ({ json }: CloudReply): { readonly code: unknown; readonly message: string } => {
  const error: unknown = json['error']
  if (typeof error !== 'object' || error === null || !('message' in error) || !('code' in error))
    throw new Error('no error')
  return { code: error.code, message: String(error.message) }
}
const names = ({ json }: CloudReply): unknown =>
  Array.isArray(json['value']) ? json['value'].map((each: unknown) => Object(each).name ?? Object(each).id) : json

describe('what a token is good for', () => {
  test.each([
    ['management.azure.com', 'https://management.azure.com/.default'],
    ['management.azure.com/', 'https://management.azure.com//.default'],
    ['management.core.windows.net', 'https://management.core.windows.net/.default'],
    ['management.core.windows.net/', 'https://management.core.windows.net//.default'],
  ])('ARM is one resource by the name %s', async (_name, scope) => {
    const token = await tokenFor(world, scope)
    expect(await asked(SUBSCRIPTIONS, token)).toMatchObject({
      status: 200,
      json: { value: [{ subscriptionId: SUBSCRIPTION, tenantId: TENANT, displayName: 'Prod DB', state: 'Enabled' }] },
    })
    expect(names(await asked(GROUPS, token))).toEqual(['prod', 'prod-net'])
    expect((await asked(`${ARM}/Subscriptions/${SUBSCRIPTION}?api-version=2022-12-01`, token)).status).toBe(200)
    expect((await asked(GROUPS.replace('?', '/PROD?'), token)).json).toMatchObject({ name: 'prod' })
  })

  test('a vault lists its secrets and gives one', async () => {
    const token = await tokenFor(world, SCOPES.vault)
    expect(names(await asked(VAULT, token))).toEqual([`https://${VAULT_HOST}/secrets/db-url`])
    expect((await asked(VAULT.replace('?', '/db-url?'), token)).json).toMatchObject({ value: 'postgres://x' })
    expect(errorOf(await asked(VAULT.replace('?', '/none?'), token))).toMatchObject({ code: 'SecretNotFound' })
  })

  test('Microsoft Graph shows the organization', async () => {
    expect((await asked(GRAPH, await tokenFor(world, SCOPES.graph))).json).toMatchObject({
      value: [{ id: TENANT, displayName: 'Corp' }],
    })
  })
})

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
  test.each(ROWS)('%s', async (_name, url, getToken, [status, code, message, challenge]) => {
    const token = await getToken()

    const reply = await world.server.call(
      url,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    )

    expect({ status: reply.status, code: errorOf(reply).code }).toEqual({ status, code })
    expect(errorOf(reply).message).toMatch(exactly(message))
    if (challenge !== undefined) expect(reply.headers['www-authenticate']).toMatch(challenge)
  })
})

describe('the end of a token', () => {
  test('is enforced at use, by the cloud’s clock, with the words of each service', async () => {
    const cloud = await startWorld({ tokenSeconds: 3600 })
    const tokens = {
      arm: await tokenFor(cloud, SCOPES.arm),
      vault: await tokenFor(cloud, SCOPES.vault),
      graph: await tokenFor(cloud, SCOPES.graph),
    }
    const use = () =>
      Promise.all([
        asked(GROUPS, tokens.arm, cloud),
        asked(VAULT, tokens.vault, cloud),
        asked(GRAPH, tokens.graph, cloud),
      ])
    cloud.azure.clock.advance(3590)
    for (const { status } of await use()) expect(status).toBe(200)

    cloud.azure.clock.advance(10)
    const [arm, vault, graph] = (await use()).map((reply) => ({ status: reply.status, ...errorOf(reply) }))
    expect(arm).toEqual({
      status: 401,
      code: 'ExpiredAuthenticationToken',
      message: expect.stringMatching(
        /^The access token expiry UTC time '\d{1,2}\/\d{1,2}\/\d{4} \d{1,2}:\d\d:\d\d [AP]M' is earlier than current UTC time '.+ [AP]M'\.$/,
      ),
    })
    expect(vault).toEqual({
      status: 401,
      code: 'Unauthorized',
      message: "[TokenExpired] Error validating token: 'S2S12086'.",
    })
    expect(graph).toMatchObject({ status: 401, message: 'Lifetime validation failed, the token is expired.' })
    await stopWorld(cloud)
  })

  test('does not come earlier because the federated credential went', async () => {
    const cloud = await startWorld()
    const token = await tokenFor(cloud)
    cloud.azure.removeFederatedCredential(CLIENT, 'jit')
    expect((await asked(GROUPS, token, cloud)).status).toBe(200)
    await stopWorld(cloud)
  })
})

describe('a role assignment', () => {
  test('that is removed ends the use of tokens that are out, after its delay', async () => {
    const cloud = await startWorld()
    const token = await tokenFor(cloud)
    cloud.azure.setPropagation('roleAssignments', 300)
    cloud.azure.removeRoleAssignment(ASSIGNMENT)
    expect((await asked(GROUPS, token, cloud)).status).toBe(200)

    cloud.azure.clock.advance(300)
    expect(errorOf(await asked(GROUPS, token, cloud))).toMatchObject({ code: 'AuthorizationFailed' })
    expect((await asked(SUBSCRIPTIONS, token, cloud)).json).toMatchObject({ value: [] })
    expect((await asked(VAULT, await tokenFor(cloud, SCOPES.vault), cloud)).status).toBe(200)

    cloud.azure.removeRoleAssignment(VAULT_ASSIGNMENT)
    cloud.azure.clock.advance(300)
    expect((await asked(VAULT, await tokenFor(cloud, SCOPES.vault), cloud)).status).toBe(403)
    await stopWorld(cloud)
  })

  test('of a group shows that group alone', async () => {
    const cloud = await startWorld({ roleAssignments: [] })
    const token = await tokenFor(cloud)
    expect((await asked(SUBSCRIPTIONS, token, cloud)).json).toMatchObject({ value: [] })
    cloud.azure.addRoleAssignment({
      name: ASSIGNMENT,
      principalId: PRINCIPAL,
      role: 'Reader',
      scope: `${SUB_SCOPE}/resourceGroups/prod`,
    })
    expect(names(await asked(GROUPS, token, cloud))).toEqual(['prod'])
    expect((await asked(GROUPS.replace('?', '/prod-net?'), token, cloud)).status).toBe(403)
    expect((await asked(SUBSCRIPTIONS, token, cloud)).json).toMatchObject({ value: [{ subscriptionId: SUBSCRIPTION }] })
    await stopWorld(cloud)
  })

  test('Owner rules a vault and reads nothing in it', async () => {
    const owner = { name: ASSIGNMENT, principalId: PRINCIPAL, role: 'Owner', scope: SUB_SCOPE }
    const cloud = await startWorld({ roleAssignments: [owner] })
    expect((await asked(GROUPS, await tokenFor(cloud), cloud)).status).toBe(200)
    expect((await asked(VAULT, await tokenFor(cloud, SCOPES.vault), cloud)).status).toBe(403)
    await stopWorld(cloud)
  })
})
