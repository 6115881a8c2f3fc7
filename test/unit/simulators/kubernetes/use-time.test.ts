import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startKubernetesSimulator } from '../../../simulators/kubernetes/simulator.ts'
import { hasOpenssl } from '../../../support/certificate.ts'
import { kubernetesCluster, USER } from '../../../support/kubernetes-cluster.ts'
import { standingTime } from '../../../support/standing-time.ts'
import { ask, type Call, outcome, PODS, startWorld, tokenOf, type World } from './world.ts'

const NAME = `jit:${USER}`
const SELF = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const ACCESS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const post = (body: object): Call => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body })
const forbidden = (message: string) => ({
  code: 403,
  json: { kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message },
})

describe.skipIf(!hasOpenssl)('a good token', () => {
  let world: World
  let token: string
  beforeAll(async () => {
    world = await startWorld()
    token = await tokenOf(world)
  })
  afterAll(() => world.close())

  test('lists pods as objects and as a table, and shows one', async () => {
    expect(await ask(world, PODS, token)).toMatchObject({
      code: 200,
      json: { kind: 'PodList', items: [{ metadata: { name: 'ledger-7d9f' } }, { metadata: { name: 'ledger-8c1a' } }] },
    })
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    expect(await ask(world, `${PODS}?limit=500`, token, { headers: { accept } })).toMatchObject({
      json: {
        kind: 'Table',
        rows: [{ cells: ['ledger-7d9f', '1/1', 'Running', 0, expect.stringMatching(/^\d+d$/)] }, {}],
      },
    })
    expect(await ask(world, `${PODS}/ledger-7d9f`, token)).toMatchObject({
      code: 200,
      json: { kind: 'Pod', metadata: { namespace: 'prod' } },
    })
    expect(await ask(world, `${PODS}/none`, token)).toMatchObject({
      code: 404,
      json: { reason: 'NotFound', message: 'pods "none" not found' },
    })
  })

  test('says who one is, with prefixes, and what one may', async () => {
    expect(await ask(world, SELF, token, post({}))).toMatchObject({
      code: 201,
      json: {
        kind: 'SelfSubjectReview',
        status: {
          userInfo: {
            username: NAME,
            groups: ['jit:prod-viewers', 'system:authenticated'],
            extra: { 'jit.corp.example/grant': ['g_1'] },
          },
        },
      },
    })
    const may = async (verb: string, namespace: string): Promise<unknown> => {
      const resourceAttributes = { verb, resource: 'pods', namespace }
      return (await ask(world, ACCESS, token, post({ spec: { resourceAttributes } }))).json['status']
    }
    expect(await may('list', 'prod')).toEqual({ allowed: true })
    expect(await may('delete', 'prod')).toEqual({ allowed: false })
    expect(await may('list', 'default')).toEqual({ allowed: false })
  })

  test('has several audiences, no kid, and one group as text, which AWS or Entra would not take', async () => {
    const odd = await tokenOf(
      world,
      { aud: ['x', 'https://kubernetes.corp.example/prod'], groups: 'prod-viewers' },
      { kid: undefined },
    )
    expect(await ask(world, PODS, odd)).toMatchObject({ code: 200 })
  })

  type Row = readonly [name: string, path: string, call: Call, message: string]
  const ROWS: readonly Row[] = [
    [
      'pods of another namespace',
      '/api/v1/namespaces/default/pods',
      {},
      `pods is forbidden: User "${NAME}" cannot list resource "pods" in API group "" in the namespace "default"`,
    ],
    [
      'pods of all namespaces',
      '/api/v1/pods',
      {},
      `pods is forbidden: User "${NAME}" cannot list resource "pods" in API group "" at the cluster scope`,
    ],
    [
      'secrets',
      '/api/v1/namespaces/prod/secrets',
      {},
      `secrets is forbidden: User "${NAME}" cannot list resource "secrets" in API group "" in the namespace "prod"`,
    ],
    [
      'to watch',
      `${PODS}?watch=true`,
      {},
      `pods is forbidden: User "${NAME}" cannot watch resource "pods" in API group "" in the namespace "prod"`,
    ],
    [
      'to delete one',
      `${PODS}/ledger-7d9f`,
      { method: 'DELETE' },
      `pods "ledger-7d9f" is forbidden: User "${NAME}" cannot delete resource "pods" in API group "" in the namespace "prod"`,
    ],
    [
      'a shell in one',
      `${PODS}/ledger-7d9f/exec`,
      { method: 'POST' },
      `pods "ledger-7d9f" is forbidden: User "${NAME}" cannot create resource "pods/exec" in API group "" in the namespace "prod"`,
    ],
    [
      'deployments',
      '/apis/apps/v1/namespaces/prod/deployments',
      {},
      `deployments.apps is forbidden: User "${NAME}" cannot list resource "deployments" in API group "apps" in the namespace "prod"`,
    ],
    [
      'pods of another API group',
      '/apis/metrics.k8s.io/v1/namespaces/prod/pods',
      {},
      `pods.metrics.k8s.io is forbidden: User "${NAME}" cannot list resource "pods" in API group "metrics.k8s.io" in the namespace "prod"`,
    ],
    ['metrics', '/metrics', {}, `forbidden: User "${NAME}" cannot get path "/metrics"`],
  ]
  test.each(ROWS)('is not enough for %s', async (_name, path, call, message) => {
    expect(await ask(world, path, token, call)).toMatchObject(forbidden(message))
  })

  test.each([
    ['a selector', `${PODS}?labelSelector=app%3Dledger`, {}],
    ['a user put on', PODS, { headers: { 'impersonate-user': 'bob' } }],
  ])('does not make the simulator judge %s', async (_name, path, call) => {
    expect(await ask(world, path, token, call)).toMatchObject({ code: 501, json: { reason: 'SimulatorUnsupported' } })
  })

  test('is followed by no secret into the log', () => {
    const [, , signature = ''] = token.split('.')
    expect(JSON.stringify(world.cluster.requests)).not.toContain(signature)
    expect(world.cluster.requests).toContainEqual(expect.objectContaining({ user: NAME, path: PODS, outcome: 'ok' }))
  })
})

describe.skipIf(!hasOpenssl)('no token', () => {
  test('shows the version, and to the anonymous nothing else', async () => {
    const world = await startWorld()
    expect(await ask(world, '/version')).toMatchObject({ code: 200, json: { gitVersion: 'v1.32.4' } })
    expect(await ask(world, '/api')).toMatchObject(
      forbidden('forbidden: User "system:anonymous" cannot get path "/api"'),
    )
    expect(await ask(world, PODS)).toMatchObject(
      forbidden(
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "prod"',
      ),
    )
    expect(await ask(world, SELF, undefined, post({}))).toMatchObject({ code: 403 })
    await world.close()
  })
})

describe.skipIf(!hasOpenssl)('the end of a token', () => {
  test('is enforced at use by the cluster’s clock, but for the ten seconds that a server remembers a good one', async () => {
    const world = await startWorld(undefined, standingTime())
    const token = await tokenOf(world)
    world.cluster.clock.advance(295)
    expect(await ask(world, PODS, token)).toMatchObject({ code: 200 })
    world.cluster.clock.advance(9)
    expect(await ask(world, PODS, token)).toMatchObject({ code: 200 })
    world.cluster.clock.advance(1)
    expect(await ask(world, PODS, token)).toMatchObject({ code: 401, json: { reason: 'Unauthorized' } })
    expect(outcome(world)).toBe('oidc: token is expired')
    await world.close()
  })

  test('comes to the second where nothing is remembered', async () => {
    const world = await startWorld(() => ({ tokenCacheSeconds: 0 }), standingTime())
    const token = await tokenOf(world)
    world.cluster.clock.advance(299)
    expect(await ask(world, PODS, token)).toMatchObject({ code: 200 })
    world.cluster.clock.advance(1)
    expect(await ask(world, PODS, token)).toMatchObject({ code: 401 })
    await world.close()
  })

  test('does not matter where the role is gone: that works at once', async () => {
    const world = await startWorld()
    const token = await tokenOf(world)
    expect(await ask(world, PODS, token)).toMatchObject({ code: 200 })
    world.cluster.setPermissions([])
    expect(await ask(world, PODS, token)).toMatchObject({ code: 403 })
    await world.close()
  })
})

describe.skipIf(!hasOpenssl)('throttling', () => {
  test('answers 429 with Retry-After, then stops', async () => {
    const world = await startWorld()
    world.cluster.throttle(1, 3)
    expect(await ask(world, PODS, await tokenOf(world))).toMatchObject({
      code: 429,
      headers: { 'retry-after': '3' },
      json: { reason: 'TooManyRequests', details: { retryAfterSeconds: 3 } },
    })
    expect(await ask(world, PODS, await tokenOf(world))).toMatchObject({ code: 200 })
    await world.close()
  })
})

describe('a configuration is refused', () => {
  const options = kubernetesCluster('https://jit.corp.example', { key: '', cert: '' })
  const [jwt] = options.authentication.jwt
  const changed = (change: object) => ({
    ...options,
    authentication: { ...options.authentication, jwt: [Object.assign({}, jwt, change)] },
  })
  const issuer = { url: 'https://jit.corp.example', audiences: ['a', 'b'] }
  test.each([
    [
      'with a rule that it cannot evaluate',
      changed({ claimValidationRules: [{ expression: 'claims.exp - now() <= 900' }] }),
      /the simulator cannot evaluate claims\.exp - now\(\) <= 900/,
    ],
    [
      'with a mapping that it cannot evaluate',
      changed({ claimMappings: { username: { expression: 'claims.sub.lowerAscii()' } } }),
      /cannot evaluate claims\.sub\.lowerAscii\(\)/,
    ],
    ['with two audiences and no policy', changed({ issuer }), /must be MatchAny for multiple audiences/],
    ['with a username claim without prefix', changed({ claimMappings: { username: { claim: 'sub' } } }), /username/],
    [
      'with one issuer twice',
      {
        ...options,
        authentication: {
          ...options.authentication,
          jwt: [...options.authentication.jwt, ...options.authentication.jwt],
        },
      },
      /issuer\.url is unique/,
    ],
  ])('%s', async (_name, given, reason) => {
    await expect(startKubernetesSimulator(given)).rejects.toThrow(reason)
  })
})
