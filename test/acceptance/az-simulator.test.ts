import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AzureSimulator, startAzureSimulator } from '../simulators/azure/simulator.ts'
import {
  ASSIGNMENT,
  azureAccount,
  CLIENT,
  grantClaims,
  PRINCIPAL,
  SUBSCRIPTION,
  TENANT,
  VAULT_HOST,
} from '../support/azure-account.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { type CloudNetwork, startCloudNetwork } from '../support/cloud-network.ts'
import { type Claims, type Issuer, startIssuer } from '../support/issuer.ts'
import { type ClientRun, installed, runClient } from '../support/real-client.ts'
import { TempHome } from '../support/temp-home.ts'

/** The vendor's own programs take the simulator for Azure, under its production names. */
describe.skipIf(!hasOpenssl || !installed('az'))('the real az against the Azure simulator', () => {
  let home: TempHome
  let issuer: Issuer
  let azure: AzureSimulator
  let network: CloudNetwork

  beforeAll(async () => {
    home = new TempHome()
    issuer = await startIssuer()
    azure = startAzureSimulator(azureAccount(issuer.url, { tokenSeconds: 3600 }))
    network = await startCloudNetwork({ hosts: azure.hosts })
    mkdirSync(join(home.home, '.azure'))
    await az('account', 'list') // builds its command index, which takes seconds the first time
  })
  afterAll(async () => {
    await Promise.all([network.close(), issuer.close()])
    home[Symbol.dispose]()
  })

  const az = (...args: readonly string[]): Promise<ClientRun> =>
    runClient('az', [...args, '--output', 'json', '--only-show-errors'], {
      ...network.env,
      HOME: home.home,
      AZURE_CONFIG_DIR: join(home.home, '.azure'),
      AZURE_CORE_COLLECT_TELEMETRY: 'no',
    })
  const assertion = (changes: Claims = {}): Promise<string> =>
    issuer.sign(grantClaims(issuer.url, azure.clock.now(), changes))
  const logIn = async (changes: Claims = {}): Promise<ClientRun> =>
    az('login', '--service-principal', '-u', CLIENT, '-t', TENANT, '--federated-token', await assertion(changes))
  const parsed = ({ code, stdout, stderr }: ClientRun): unknown => {
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  }

  test('logs in with a federated token, lists groups, and gets tokens for other resources', async () => {
    expect(parsed(await logIn())).toMatchObject([
      { id: SUBSCRIPTION, tenantId: TENANT, name: 'Prod DB', user: { name: CLIENT, type: 'servicePrincipal' } },
    ])
    expect(parsed(await az('group', 'list'))).toMatchObject([{ name: 'prod' }, { name: 'prod-net' }])
    expect(parsed(await az('group', 'show', '-n', 'prod'))).toMatchObject({ location: 'westeurope' })
    expect(parsed(await az('account', 'list', '--refresh'))).toMatchObject([{ id: SUBSCRIPTION }])

    const token = parsed(await az('account', 'get-access-token', '--resource', 'https://vault.azure.net'))
    expect(token).toMatchObject({ tokenType: 'Bearer', tenant: TENANT, accessToken: expect.stringMatching(/^eyJ0/) })
    const secrets = `https://${VAULT_HOST}/secrets?api-version=7.4`
    expect(parsed(await az('rest', '--url', secrets, '--resource', 'https://vault.azure.net'))).toMatchObject({
      value: [{ id: `https://${VAULT_HOST}/secrets/db-url` }],
    })
    expect(azure.requests.every(({ outcome, status }) => outcome === 'ok' || status === 401)).toBe(true)
    const elsewhere = network.refused.filter((host) => host !== 'azure.microsoft.com:443') // asked for newer versions of az
    expect(elsewhere).toEqual([])
  })

  test('shows the refusal of a subject that nobody trusts', async () => {
    const { code, stderr } = await logIn({ sub: 'jit:prod-web' })
    expect(code).toBe(1)
    expect(stderr).toContain(
      "AADSTS700213: No matching federated identity record found for presented assertion subject 'jit:prod-web'.",
    )
  })

  test('is refused once the role is gone, though its token lives on', async () => {
    parsed(await logIn())
    azure.removeRoleAssignment(ASSIGNMENT)
    const { code, stderr } = await az('group', 'list')
    expect(code).toBe(1)
    expect(stderr).toContain(`(AuthorizationFailed) The client '${CLIENT}' with object id '${PRINCIPAL}'`)
    azure.addRoleAssignment({
      name: ASSIGNMENT,
      principalId: PRINCIPAL,
      role: 'Reader',
      scope: `/subscriptions/${SUBSCRIPTION}`,
    })
  })

  test('gets no new token for the assertion it keeps once that has ended, and its old one ends with its hour', async () => {
    parsed(await logIn())
    azure.clock.advance(121)
    expect(parsed(await az('group', 'list'))).toHaveLength(2)
    const late = await az('account', 'get-access-token', '--resource', 'https://graph.microsoft.com')
    expect(late.code).toBe(1)
    expect(late.stderr).toContain('AADSTS700024: Client assertion is not within its valid time range.')

    azure.clock.advance(3600)
    const ended = await az('group', 'list')
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('(ExpiredAuthenticationToken) The access token expiry UTC time')
  })

  test('waits as long as it is told when it is throttled, then goes on', async () => {
    parsed(await logIn())
    azure.throttle(1, 1)
    expect(parsed(await az('group', 'list'))).toHaveLength(2)
    expect(azure.requests.slice(-2).map(({ status }) => status)).toEqual([429, 200])
  })
})
