import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AzureSimulator, startAzureSimulator } from '../../../simulators/azure/simulator.ts'
import { azureAccount, CLIENT, grantClaims, TENANT } from '../../../support/azure-account.ts'
import { hasOpenssl } from '../../../support/certificate.ts'
import { type CloudNetwork, startCloudNetwork } from '../../../support/cloud-network.ts'
import { type Issuer, startIssuer } from '../../../support/issuer.ts'
import { runClient } from '../../../support/real-client.ts'

/** A program that knows tenant, client and assertion, and finds Azure by its production names. */
const PROGRAM = `
  import { ClientAssertionCredential } from '@azure/identity'
  const { TENANT, CLIENT, ASSERTION, SCOPE } = process.env
  const credential = new ClientAssertionCredential(TENANT, CLIENT, async () => ASSERTION, { retryOptions: { maxRetries: 2 } })
  const answer = await credential.getToken(SCOPE).then(
    ({ token, expiresOnTimestamp }) => ({ token, life: Math.round((expiresOnTimestamp - Date.now()) / 1000) }),
    ({ errorResponse, message }) => ({ error: errorResponse?.error, codes: errorResponse?.errorCodes, message }),
  )
  process.stdout.write(JSON.stringify(answer))`

describe.skipIf(!hasOpenssl)('@azure/identity against the Azure simulator', () => {
  let issuer: Issuer
  let azure: AzureSimulator
  let network: CloudNetwork
  beforeAll(async () => {
    issuer = await startIssuer()
    azure = startAzureSimulator(azureAccount(issuer.url, { tokenSeconds: 4000 }))
    network = await startCloudNetwork({ hosts: azure.hosts })
  })
  afterAll(() => Promise.all([network.close(), issuer.close()]))

  async function getToken(changes = {}, SCOPE = 'https://management.azure.com/.default'): Promise<unknown> {
    const ASSERTION = await issuer.sign(grantClaims(issuer.url, azure.clock.now(), changes))
    const env = { ...network.env, TENANT, CLIENT, ASSERTION, SCOPE }
    const { code, stdout, stderr } = await runClient(process.execPath, ['--input-type=module', '-e', PROGRAM], env)
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  }

  test('ClientAssertionCredential gets a token by production names, with the life that the tenant chose', async () => {
    const answer = await getToken()
    expect(answer).toMatchObject({ token: expect.stringMatching(/^eyJ0/) })
    expect(answer).toMatchObject({ life: expect.toSatisfy((life: number) => life > 3980 && life < 4000) })
    expect(network.refused).toEqual([])
    expect(azure.requests).toMatchObject([{ path: `/${TENANT}/oauth2/v2.0/token`, outcome: 'ok', caller: CLIENT }])
  })

  test('is told the refusal in a way that it understands', async () => {
    expect(await getToken({ sub: 'jit:prod-web' })).toMatchObject({
      message: expect.stringContaining(
        "AADSTS700213: No matching federated identity record found for presented assertion subject 'jit:prod-web'.",
      ),
    })
  })

  test('is told what may not be asked for', async () => {
    expect(await getToken({}, 'https://management.azure.com/user_impersonation')).toMatchObject({
      message: expect.stringContaining('AADSTS1002012'),
    })
  })

  test('waits out a throttled token endpoint', async () => {
    azure.throttle(1, 1)
    expect(await getToken()).toMatchObject({ token: expect.any(String) })
  })
})
