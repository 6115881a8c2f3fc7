import { randomUUID } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateEphemeralKey } from '../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../src/client/exchange/unseal.ts'
import { type CloudCredential, readCloudCredential } from '../../src/contract/credential.ts'
import { type AwsSimulator, startAwsSimulator } from '../simulators/aws/simulator.ts'
import { AUDIENCE, awsAccount, roleArn, trustOf } from '../support/aws-account.ts'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { CLIENT, PROVIDER, SERVICE_ACCOUNT, SUBSCRIPTION, TENANT } from '../support/cloud-targets.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { type EndpointHome, endpointHome, type EndpointProcess } from '../support/endpoint-process.ts'
import { type Answered, type Asked, startHttpsAnswerer } from '../support/https-answerer.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { type JitPerson, jitPerson } from '../support/jit-person.ts'
import { tempDirectory } from '../support/temp-directory.ts'

const POLICY = `
@id("dev-may-have-all") @deliver("process")
permit (principal in Group::"dev", action in [Action::"request", Action::"autoApprove"], resource)
when { resource.clouds.contains("gcp") };
`
const KUBERNETES = 'https://k8s.prod.corp.example'
const TARGETS = `
targets:
  - name: prod-db
    maxDuration: 4h
    aws: { role: "${roleArn('prod-db')}", region: eu-central-1 }
    gcp: { project: corp-prod, provider: ${PROVIDER}, roles: [roles/cloudsql.admin], region: europe-west3 }
    azure:
      tenant: ${TENANT}
      client: ${CLIENT}
      subscription: ${SUBSCRIPTION}
      subscriptionName: Corp Production
      role: SQL DB Contributor
      resources: [https://vault.azure.net]
    kubernetes: { cluster: prod-eu, server: "${KUBERNETES}:6443", audience: "${KUBERNETES}" }
  - name: account
    maxDuration: 4h
    renewEvery: 20m
    gcp: { project: corp-prod, provider: ${PROVIDER}, serviceAccount: ${SERVICE_ACCOUNT} }
`
const GOOGLE = ['sts.googleapis.com', 'iamcredentials.googleapis.com']
const ENTRA = 'login.microsoftonline.com'
const ARM = 'https://management.azure.com'

describe.skipIf(!hasOpenssl)('an endpoint with targets in all clouds, behind a proxy and a CA of the company', () => {
  const files = tempDirectory()
  let idp: Idp
  let aws: AwsSimulator
  let clouds: Awaited<ReturnType<typeof startHttpsAnswerer>>
  let proxy: Awaited<ReturnType<typeof startConnectProxy>>
  let home: EndpointHome
  let endpoint: EndpointProcess
  let alice: JitPerson
  let entraRefuses = false

  const form = ({ body }: Asked) => Object.fromEntries(new URLSearchParams(body))
  function answer(asked: Asked): Answered {
    if (asked.host === ENTRA && entraRefuses) {
      const description = `AADSTS700024: ${form(asked)['client_assertion']} is not within its valid time range. Trace ID: 1`
      return { status: 401, json: { error: 'invalid_client', error_description: description } }
    }
    const { scope = '', subject_token: subject = '' } = form(asked)
    if (asked.host === ENTRA)
      return { status: 200, json: { token_type: 'Bearer', expires_in: 4000, access_token: `entra.token.for.${scope}` } }
    if (asked.host === GOOGLE[0])
      return {
        status: 200,
        json: { access_token: `federated-${subject.slice(-20)}`, expires_in: 120, token_type: 'Bearer' },
      }
    const { lifetime } = JSON.parse(asked.body) as { lifetime: string }
    const expireTime = new Date(Date.now() + Number.parseInt(lifetime) * 1000).toISOString()
    return { status: 200, json: { accessToken: 'ya29.of-the-service-account', expireTime } }
  }

  beforeAll(async () => {
    const certificate = makeCertificate(files.path, ENTRA, ...GOOGLE)
    clouds = await startHttpsAnswerer(certificate, answer)
    proxy = await startConnectProxy({ route: () => clouds.port })
    idp = await startIdp({ deviceInterval: 1 })
    home = await endpointHome({ ...idp, policy: POLICY, more: TARGETS })
    const key = new URL(home.url).host
    const sub = { StringEquals: { [`${key}:aud`]: AUDIENCE, [`${key}:sub`]: 'jit:prod-db' } }
    aws = await startAwsSimulator(awsAccount(home.url, { 'prod-db': [trustOf(home.url, { Condition: sub })] }))
    endpoint = await home.serve({
      AWS_ENDPOINT_URL_STS: aws.url,
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: certificate.ca,
    })
    alice = await jitPerson(home.url, 'alice')
  })
  afterAll(async () => {
    alice.remove()
    await home.remove()
    await Promise.all([aws.close(), idp.close(), clouds.close(), proxy.close()])
    files.remove()
  })

  const key = generateEphemeralKey()
  async function grantOf(target: string): Promise<string> {
    const wish = { targets: [target], durationSeconds: 7200, reason: 'slow query', host: 'laptop' }
    const { grants } = await alice.api.ask(wish, randomUUID())
    expect(grants).toMatchObject([{ state: 'active', deliver: 'process' }])
    return grants[0]?.id ?? ''
  }
  async function credentials(grant: string): Promise<readonly CloudCredential[]> {
    const answered = await alice.api.credentials(grant, key.publicKey)
    expect(answered.grant).toMatchObject({ id: grant, deliver: 'process' })
    return answered.credentials.map((sealed) => unseal(sealed, key.privateKey, readCloudCredential))
  }
  const signedByUs = async (token: string, audience: string) =>
    (await jwtVerify(token, createRemoteJWKSet(new URL(`${home.url}/jwks.json`)), { issuer: home.url, audience }))
      .payload
  const minutesFromNow = (instant: string): number => Math.round((Date.parse(instant) - Date.now()) / 60_000)

  test('check reads such a configuration, and targets shows it in the words of each cloud', async () => {
    expect(home.command('check', '--config', home.config)).toMatchObject({ code: 0 })
    const [first, second] = await alice.api.targets()
    expect(first?.access).toEqual([
      {
        cloud: 'aws',
        account: '123456789012',
        role: roleArn('prod-db'),
        profile: 'jit-prod-db',
        region: 'eu-central-1',
      },
      {
        cloud: 'gcp',
        account: 'corp-prod',
        role: 'roles/cloudsql.admin',
        profile: 'jit-prod-db',
        region: 'europe-west3',
      },
      { cloud: 'azure', account: 'Corp Production', role: 'SQL DB Contributor', profile: 'jit-prod-db' },
      { cloud: 'kubernetes', account: 'prod-eu', role: 'jit:prod-db', profile: 'jit-prod-db' },
    ])
    expect(second?.access).toEqual([
      { cloud: 'gcp', account: 'corp-prod', role: SERVICE_ACCOUNT, profile: 'jit-account' },
    ])
  })

  test('one grant gives credentials of every cloud, in slices', async () => {
    const [atAws, atGoogle, atAzure, atCluster, ...more] = await credentials(await grantOf('prod-db'))
    expect(more).toEqual([])
    expect(atAws).toMatchObject({ cloud: 'aws', accessKeyId: expect.stringMatching(/^ASIA/) })
    if (atGoogle?.cloud !== 'gcp' || atGoogle.kind !== 'federated') throw new Error('a federated one was expected')
    expect(await signedByUs(atGoogle.subjectToken, `//iam.googleapis.com/${PROVIDER}`)).toMatchObject({
      sub: atGoogle.principal,
      jit: { target: 'prod-db' },
    })
    if (atAzure?.cloud !== 'azure') throw new Error('Azure was expected')
    expect(atAzure.tokens).toMatchObject([
      { resource: ARM, accessToken: `entra.token.for.${ARM}/.default` },
      { resource: 'https://vault.azure.net' },
    ])
    if (atCluster?.cloud !== 'kubernetes') throw new Error('a cluster was expected')
    expect(await signedByUs(atCluster.token, KUBERNETES)).toMatchObject({
      groups: ['jit:prod-db'],
      sub: atCluster.username,
    })
    expect([atAws, atGoogle, atAzure, atCluster].map((each) => minutesFromNow(each?.notAfter ?? ''))).toEqual([
      60, 60, 60, 15,
    ])
  })

  test('Google and Entra are called under their real names through the proxy, and nobody else', async () => {
    await credentials(await grantOf('prod-db'))
    const before = clouds.asked.length
    const [credential] = await credentials(await grantOf('account'))
    expect(credential).toMatchObject({
      cloud: 'gcp',
      kind: 'impersonated',
      principal: SERVICE_ACCOUNT,
      accessToken: 'ya29.of-the-service-account',
    })
    expect([credential?.expiration, credential?.notAfter].map((at) => minutesFromNow(at ?? ''))).toEqual([20, 20])
    expect(clouds.asked.slice(before).map(({ host }) => host)).toEqual(GOOGLE)
    expect(new Set(proxy.tunnels)).toEqual(new Set([ENTRA, ...GOOGLE].map((host) => `${host}:443`)))
    for (const { host, headers } of clouds.asked)
      expect(headers['authorization'] !== undefined).toBe(host === GOOGLE[1]) // the federated token, to where it belongs
  })

  test('what the clouds are shown is signed by us, short, and names the target alone to Entra', async () => {
    await credentials(await grantOf('prod-db'))
    const shown = clouds.asked
      .filter(({ host }) => host === ENTRA)
      .map((asked) => form(asked)['client_assertion'] ?? '')
    const payload = await signedByUs(shown.at(-1) ?? '', 'api://AzureADTokenExchange')
    expect(payload.sub).toBe('jit:prod-db')
    expect((payload.exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(120)
  })

  test('the same grant may come again for its next slice, until it is ended', async () => {
    const grant = await grantOf('prod-db')
    const ids = async () =>
      (await credentials(grant)).flatMap((each) => (each.cloud === 'kubernetes' ? [decodeJwt(each.token).jti] : []))
    const [first, second] = [await ids(), await ids()]
    expect(first).not.toEqual(second)
    await alice.api.endGrant(grant)
    await expect(alice.api.credentials(grant, key.publicKey)).rejects.toMatchObject({ code: 'GRANT_ENDED' })
  })

  test('where one cloud refuses there is nothing, the sentence says which, and no token stands in the log', async () => {
    const grant = await grantOf('prod-db')
    entraRefuses = true
    await expect(alice.api.credentials(grant, key.publicKey)).rejects.toMatchObject({
      code: 'CLOUD_REFUSED',
      message: expect.stringMatching(
        /Entra refused application .* at https:\/\/management\.azure\.com: AADSTS700024: \[redacted\]/,
      ),
      hint: expect.stringContaining('clock'),
    })
    entraRefuses = false
    expect((await credentials(grant)).map(({ cloud }) => cloud)).toEqual(['aws', 'gcp', 'azure', 'kubernetes'])
    expect(endpoint.log()).toContain('AADSTS700024')
    expect(endpoint.log()).not.toMatch(/eyJ|ya29|entra\.token/)
  })
})
