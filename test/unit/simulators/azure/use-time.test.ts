import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ASSIGNMENT,
  CLIENT,
  PRINCIPAL,
  SUBSCRIPTION,
  TENANT,
  VAULT_ASSIGNMENT,
  VAULT_HOST,
} from '../../../support/azure-account.ts'
import { asked, errorOf, GRAPH, GROUPS, names, SCOPES, SUBSCRIPTIONS, VAULT } from './uses.ts'
import { standingTime } from '../../../support/standing-time.ts'
import { ARM, startWorld, stopWorld, tokenFor, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => stopWorld(world))

describe('what a token is good for', () => {
  test.each([
    ['management.azure.com', 'https://management.azure.com/.default'],
    ['management.azure.com/', 'https://management.azure.com//.default'],
    ['management.core.windows.net', 'https://management.core.windows.net/.default'],
    ['management.core.windows.net/', 'https://management.core.windows.net//.default'],
  ])('ARM is one resource by the name %s', async (_name, scope) => {
    const token = await tokenFor(world, scope)
    expect(await asked(SUBSCRIPTIONS, token, world)).toMatchObject({
      status: 200,
      json: { value: [{ subscriptionId: SUBSCRIPTION, tenantId: TENANT, displayName: 'Prod DB', state: 'Enabled' }] },
    })
    expect(names(await asked(GROUPS, token, world))).toEqual(['prod', 'prod-net'])
    expect((await asked(`${ARM}/Subscriptions/${SUBSCRIPTION}?api-version=2022-12-01`, token, world)).status).toBe(200)
    expect((await asked(GROUPS.replace('?', '/PROD?'), token, world)).json).toMatchObject({ name: 'prod' })
  })

  test('a vault lists its secrets and gives one', async () => {
    const token = await tokenFor(world, SCOPES.vault)
    expect(names(await asked(VAULT, token, world))).toEqual([`https://${VAULT_HOST}/secrets/db-url`])
    expect((await asked(VAULT.replace('?', '/db-url?'), token, world)).json).toMatchObject({ value: 'postgres://x' })
    expect(errorOf(await asked(VAULT.replace('?', '/none?'), token, world))).toMatchObject({ code: 'SecretNotFound' })
  })

  test('Microsoft Graph shows the organization', async () => {
    expect((await asked(GRAPH, await tokenFor(world, SCOPES.graph), world)).json).toMatchObject({
      value: [{ id: TENANT, displayName: 'Corp' }],
    })
  })
})

describe('the end of a token', () => {
  test('is enforced at use, by the cloud’s clock, with the words of each service', async () => {
    const cloud = await startWorld({ tokenSeconds: 3600 }, standingTime())
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
      scope: `/subscriptions/${SUBSCRIPTION}/resourceGroups/prod`,
    })
    expect(names(await asked(GROUPS, token, cloud))).toEqual(['prod'])
    expect((await asked(GROUPS.replace('?', '/prod-net?'), token, cloud)).status).toBe(403)
    expect((await asked(SUBSCRIPTIONS, token, cloud)).json).toMatchObject({ value: [{ subscriptionId: SUBSCRIPTION }] })
    await stopWorld(cloud)
  })

  test('Owner rules a vault and reads nothing in it', async () => {
    const owner = { name: ASSIGNMENT, principalId: PRINCIPAL, role: 'Owner', scope: `/subscriptions/${SUBSCRIPTION}` }
    const cloud = await startWorld({ roleAssignments: [owner] })
    expect((await asked(GROUPS, await tokenFor(cloud), cloud)).status).toBe(200)
    expect((await asked(VAULT, await tokenFor(cloud, SCOPES.vault), cloud)).status).toBe(403)
    await stopWorld(cloud)
  })
})
