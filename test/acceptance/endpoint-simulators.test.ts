import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateEphemeralKey } from '../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../src/client/exchange/unseal.ts'
import { type CloudCredential, readCloudCredential } from '../../src/contract/credential.ts'
import { type AzureSimulator, startAzureSimulator } from '../simulators/azure/simulator.ts'
import { type GcpSimulator, startGcpSimulator } from '../simulators/gcp/simulator.ts'
import { type KubernetesSimulator, startKubernetesSimulator } from '../simulators/kubernetes/simulator.ts'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { type CloudServer, startCloudServer } from '../support/cloud-call.ts'
import { type CloudNetwork, startCloudNetwork } from '../support/cloud-network.ts'
import { CLIENT, PROVIDER, SERVICE_ACCOUNT, SUBSCRIPTION, TENANT } from '../support/cloud-targets.ts'
import { type EndpointHome, endpointHome } from '../support/endpoint-process.ts'
import { freePort } from '../support/free-port.ts'
import { call, exchangeCall, serveGcp, tokenOf } from '../support/gcp-request.ts'
import type { TestServer } from '../support/http-server.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { type JitPerson, jitPerson } from '../support/jit-person.ts'
import { tempDirectory } from '../support/temp-directory.ts'
import { authenticationFrom, azureFrom, gcpFrom } from '../support/trusting-clouds.ts'

const POLICY = `
@id("dev-may-have-all")
permit (principal in Group::"dev", action in [Action::"request", Action::"autoApprove"], resource);
`
const targets = (cluster: string) => `
targets:
  - name: prod-db
    maxDuration: 4h
    gcp: { project: corp-prod, provider: ${PROVIDER}, roles: [roles/browser] }
    azure: { tenant: ${TENANT}, client: ${CLIENT}, subscription: ${SUBSCRIPTION}, role: Reader }
    kubernetes: { cluster: prod-eu, server: "${cluster}", audience: "https://k8s.corp.example", groups: ["jit:readers"] }
  - name: account
    maxDuration: 4h
    gcp: { project: corp-prod, provider: ${PROVIDER}, serviceAccount: ${SERVICE_ACCOUNT}, roles: [roles/browser] }
  - name: other
    maxDuration: 4h
    gcp: { project: corp-prod, provider: ${PROVIDER} }
`
const PODS = '/api/v1/namespaces/prod/pods'
const GROUPS = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/resourcegroups?api-version=2022-09-01`

/** Clouds that are set up as the endpoint's own Terraform says, and are as strict as the real ones. */
describe.skipIf(!hasOpenssl)('what the endpoint prints for each cloud makes the cloud take what it signs', () => {
  const files = tempDirectory()
  let ca: string
  let cluster: string
  let idp: Idp
  let home: EndpointHome
  let alice: JitPerson
  let trusted: ReturnType<typeof azureFrom>
  let gcp: GcpSimulator
  let azure: AzureSimulator
  let kubernetes: KubernetesSimulator
  let network: CloudNetwork
  let google: TestServer
  let microsoft: CloudServer

  beforeAll(async () => {
    idp = await startIdp({ deviceInterval: 1 })
    const port = await freePort()
    cluster = `https://127.0.0.1:${port}`
    home = await endpointHome({ ...idp, policy: POLICY, more: targets(cluster) })
    const terraform = (cloud: string): string => home.command('trust', cloud, '--config', home.config).out

    const loopback = { allowLoopbackIssuers: true, keyCacheSeconds: 0 }
    gcp = await startGcpSimulator({ ...gcpFrom(terraform('gcp'), 'corp-prod'), ...loopback, toleranceSeconds: 0 })
    const at = { tenant: TENANT, client: CLIENT, subscription: SUBSCRIPTION }
    trusted = azureFrom(terraform('azure'), at)
    azure = startAzureSimulator({ ...trusted, ...loopback })
    const certificate = makeCertificate(files.path, '127.0.0.1')
    ca = readFileSync(certificate.ca, 'utf8')
    kubernetes = await startKubernetesSimulator({
      port,
      tls: { key: certificate.key, cert: certificate.cert },
      authentication: authenticationFrom(terraform('kubernetes')),
      permissions: [{ groups: ['jit:readers'], resources: ['pods'], verbs: ['list'], namespaces: ['prod'] }],
      namespaces: ['prod'],
      allowLoopbackIssuers: true,
      tokenCacheSeconds: 0,
    })
    network = await startCloudNetwork({ hosts: { ...gcp.hosts, ...azure.hosts } })
    await home.serve(network.env)
    ;[google, microsoft, alice] = await Promise.all([
      serveGcp(gcp),
      startCloudServer(azure.handle),
      jitPerson(home.url, 'alice'),
    ])
  })
  afterAll(async () => {
    alice.remove()
    await home.remove()
    await Promise.all([idp.close(), kubernetes.close(), network.close(), google.close(), microsoft.close()])
    files.remove()
  })

  async function elevated(target: string, seconds = 7200): Promise<readonly CloudCredential[]> {
    const wish = { targets: [target], durationSeconds: seconds, reason: 'slow query', host: 'laptop' }
    const { grants } = await alice.api.ask(wish, randomUUID())
    const key = generateEphemeralKey()
    const { credentials } = await alice.api.credentials(grants[0]?.id ?? '', key.publicKey)
    return credentials.map((sealed) => unseal(sealed, key.privateKey, readCloudCredential))
  }
  function of<C extends CloudCredential['cloud']>(cloud: C, all: readonly CloudCredential[]) {
    const found = all.find((each): each is Extract<CloudCredential, { cloud: C }> => each.cloud === cloud)
    if (found === undefined) throw new Error(`nothing for ${cloud}`)
    return found
  }
  const project = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` }
    return (await call(google.port, 'cloudresourcemanager.googleapis.com', { path: '/v1/projects/corp-prod', headers }))
      .status
  }
  const pods = (token: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      request(`${cluster}${PODS}`, { ca, headers, agent: false }, (answer) => resolve(answer.resume().statusCode ?? 0))
        .on('error', reject)
        .end()
    })
  const groups = async (token: string): Promise<number> =>
    (await microsoft.call(GROUPS, { headers: { authorization: `Bearer ${token}` } })).status

  test('Google Cloud: the grant token becomes one that reads the project, and dies with its slice', async () => {
    const credential = of('gcp', await elevated('prod-db', 1800))
    if (credential.kind !== 'federated') throw new Error('a federated one was expected')
    const subjectToken = { audience: credential.audience }
    const token = tokenOf(
      await call(google.port, 'sts.googleapis.com', exchangeCall(credential.subjectToken, subjectToken)),
    )
    expect(await project(token)).toBe(200)
    gcp.clock.advance(1801)
    expect(await project(token)).toBe(401)
    gcp.clock.advance(-1801)
  })

  test('Google Cloud: a token for a target without roles opens nothing', async () => {
    const credential = of('gcp', await elevated('other'))
    if (credential.kind !== 'federated') throw new Error('a federated one was expected')
    const exchanged = exchangeCall(credential.subjectToken, { audience: credential.audience })
    expect(await project(tokenOf(await call(google.port, 'sts.googleapis.com', exchanged)))).toBe(403)
  })

  test('Google Cloud: the token of the service account reads the project, and dies with its slice', async () => {
    const credential = of('gcp', await elevated('account', 1200))
    if (credential.kind !== 'impersonated') throw new Error('an impersonated one was expected')
    expect(await project(credential.accessToken)).toBe(200)
    gcp.clock.advance(1201)
    expect(await project(credential.accessToken)).toBe(401)
    gcp.clock.advance(-1201)
  })

  test('Azure: the token reads the subscription', async () => {
    const { tokens } = of('azure', await elevated('prod-db'))
    expect(await groups(tokens[0]?.accessToken ?? '')).toBe(200)
  })

  test('Azure: throttled, or trusted only since a moment, it is asked again', async () => {
    azure.throttle(1, 3600)
    await elevated('prod-db')
    const [credential] = trusted.applications[0]?.federatedCredentials ?? []
    if (credential === undefined) throw new Error('no federated credential')
    azure.removeFederatedCredential(CLIENT, credential.name)
    azure.setPropagation('federatedCredentials', 2)
    azure.addFederatedCredential(CLIENT, credential)
    const before = azure.requests.length
    await elevated('prod-db')
    const outcomes = azure.requests.slice(before).map(({ outcome }) => outcome)
    expect([outcomes.length > 1, outcomes.at(-1)]).toEqual([true, 'ok'])
  })

  test('Azure: what Entra refuses is told in its words', async () => {
    azure.clock.advance(3600)
    await expect(elevated('prod-db')).rejects.toMatchObject({
      code: 'CLOUD_REFUSED',
      message: expect.stringContaining('AADSTS700024'),
      hint: expect.stringContaining('clock'),
    })
    azure.clock.advance(-3600)
  })

  test('Kubernetes: the grant token lists pods, and dies with its slice', async () => {
    const { token, username, groups: members } = of('kubernetes', await elevated('prod-db'))
    expect(members).toEqual(['jit:readers'])
    expect(await pods(token)).toBe(200)
    expect(kubernetes.requests.at(-1)?.user).toBe(username)
    kubernetes.clock.advance(901 + 30)
    expect(await pods(token)).toBe(401)
    kubernetes.clock.advance(-931)
  })

  test('no token is taken where another belongs', async () => {
    const all = await elevated('prod-db')
    const [atGoogle, atCluster] = [of('gcp', all), of('kubernetes', all)]
    if (atGoogle.kind !== 'federated') throw new Error('a federated one was expected')
    expect(await pods(atGoogle.subjectToken)).toBe(401)
    const crossed = exchangeCall(atCluster.token, { audience: atGoogle.audience })
    expect((await call(google.port, 'sts.googleapis.com', crossed)).status).toBe(400)
  })

  test('nobody but these clouds was asked', () => {
    expect(network.refused).toEqual([])
  })
})
