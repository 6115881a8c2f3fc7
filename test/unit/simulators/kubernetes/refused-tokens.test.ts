import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasOpenssl } from '../../../support/certificate.ts'
import { forgeries } from '../../../support/forgeries.ts'
import type { Claims } from '../../../support/issuer.ts'
import { grantClaims, kubernetesCluster } from '../../../support/kubernetes-cluster.ts'
import { ask, outcome, PODS, startWorld, tokenOf, type World } from './world.ts'

const { byAnotherKey, byAnotherKeyWithoutKid, byStranger, changed, hs256, unsigned } = forgeries((issuer) =>
  grantClaims(issuer, Date.now()),
)
type Defect = {
  readonly claims?: Claims
  readonly header?: Readonly<Record<string, unknown>>
  readonly token?: (good: string, world: World) => string | Promise<string>
}
type Row = readonly [name: string, defect: Defect | (() => Defect), why: string]

const ahead = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
const claims = (changes: Claims): Defect => ({ claims: changes })
const MALFORMED = 'oidc: malformed jwt'
const NO_ISSUER = 'no authenticator for this issuer'
const BAD_SIGNATURE = 'oidc: failed to verify signature'
const EXPIRED = 'oidc: token is expired'
const audience = (shown: string): string =>
  `oidc: expected audience in ["https://kubernetes.corp.example/prod"] got ${shown}`
const algorithm = (alg: string): string => `oidc: unexpected signature algorithm "${alg}"; expected ["RS256"]`
const TOO_LONG = 'claim validation rule failed: the token lives too long'

const ROWS: readonly Row[] = [
  ['two parts', { token: (good) => good.split('.').slice(0, 2).join('.') }, MALFORMED],
  ['no JSON in it', { token: () => 'opaque' }, MALFORMED],
  ['no iss', claims({ iss: undefined }), MALFORMED],
  ['exp as text', claims({ exp: '2100-01-01T00:00:00Z' }), MALFORMED],
  ['an issuer that nobody configured', { token: byStranger }, NO_ISSUER],
  ['an issuer with a slash more', { token: bySlash }, NO_ISSUER],
  ['no exp', claims({ exp: undefined }), EXPIRED],
  ['exp this second', () => claims({ exp: ahead(0) }), EXPIRED],
  ['nbf six minutes ahead', () => claims({ nbf: ahead(360) }), 'oidc: current time before the nbf (not before) time'],
  ['alg none', { token: unsigned }, algorithm('none')],
  ['HS256 under a shared secret', { token: hs256 }, algorithm('HS256')],
  ['PS256', { header: { alg: 'PS256' } }, algorithm('PS256')],
  ['an unknown kid', { header: { kid: 'k99' } }, BAD_SIGNATURE],
  ['another key under the same kid', { token: byAnotherKey }, BAD_SIGNATURE],
  ['another key and no kid', { token: byAnotherKeyWithoutKid }, BAD_SIGNATURE],
  ['a changed claim', { token: changed({ groups: ['admins'] }) }, BAD_SIGNATURE],
  ['no audience', claims({ aud: undefined }), audience('[]')],
  ['another audience', claims({ aud: 'sts.amazonaws.com' }), audience('["sts.amazonaws.com"]')],
  [
    'an audience with a slash more',
    claims({ aud: 'https://kubernetes.corp.example/prod/' }),
    audience('["https://kubernetes.corp.example/prod/"]'),
  ],
  ['a life of 15 minutes and a second', () => claims({ iat: ahead(-1), exp: ahead(900) }), TOO_LONG],
  ['no iat, which that rule needs', claims({ iat: undefined }), 'claims: no such key: iat'],
  ['iat as text, which it cannot subtract', claims({ iat: 'x' }), 'claims: no such overload: iat'],
  ['no username', claims({ sub: undefined }), 'claims: the username is not one string'],
  ['two usernames', claims({ sub: ['a', 'b'] }), 'claims: the username is not one string'],
  ['a number as username', claims({ sub: 7 }), 'claims: not a string or a list of strings'],
  ['a number among the groups', claims({ groups: ['a', 7] }), 'claims: not a string or a list of strings'],
  ['no claim for an extra', claims({ jit: undefined }), 'claims: no such key: jit'],
  ['no member of the claim for an extra', claims({ jit: {} }), 'claims: no such key: grant'],
]

const own = ({ issuer }: World, changes: Claims = {}) => grantClaims(issuer.url, Date.now(), changes)
function bySlash(_good: string, world: World): Promise<string> {
  return world.issuer.sign(own(world, { iss: `${world.issuer.url}/` }))
}

describe.skipIf(!hasOpenssl)('the API server takes no token with', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.close())

  test.each(ROWS)('%s', async (_name, row, why) => {
    const defect = typeof row === 'function' ? row() : row
    expect(await ask(world, PODS, await tokenOf(world))).toMatchObject({ code: 200 })
    const good = await tokenOf(world, defect.claims, defect.header)

    const reply = await ask(world, PODS, await (defect.token ?? ((token) => token))(good, world))

    expect(reply).toMatchObject({
      code: 401,
      json: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      },
    })
    expect(outcome(world)).toBe(why)
  })
})

describe.skipIf(!hasOpenssl)('of users that rules exclude, none gets in:', () => {
  const mapped = (claimMappings: object) => (url: string) => {
    const { authentication } = kubernetesCluster(url, { key: '', cert: '' })
    const [jwt] = authentication.jwt
    return { authentication: { ...authentication, jwt: [Object.assign({}, jwt, { claimMappings })] } }
  }
  const bare = { username: { claim: 'sub', prefix: '' }, groups: { claim: 'groups', prefix: '' } }

  test.each([
    ['a reserved username', { sub: 'system:admin' }, 'user validation rule failed: reserved username'],
    ['a reserved group', { groups: ['a', 'system:masters'] }, 'user validation rule failed: reserved group'],
  ])('%s', async (_name, changes, why) => {
    const world = await startWorld(mapped(bare))
    expect(await ask(world, PODS, await tokenOf(world, changes))).toMatchObject({ code: 401 })
    expect(outcome(world)).toBe(why)
    await world.close()
  })

  test('an address that is not verified', async () => {
    const world = await startWorld(mapped({ ...bare, username: { claim: 'email', prefix: '' } }))
    const email = { email: 'alice@corp.example', email_verified: false }
    expect(await ask(world, PODS, await tokenOf(world, email))).toMatchObject({ code: 401 })
    expect(outcome(world)).toBe('oidc: email not verified')
    await world.close()
  })
})

describe.skipIf(!hasOpenssl)('the API server', () => {
  test.each([
    ['without an issuer that answers', { jwks_uri: 'http://127.0.0.1:1/jwks.json' }],
    ['whose issuer calls itself otherwise', { issuer: 'https://jit.corp.example' }],
  ])('%s takes nobody’s token', async (_name, members) => {
    const world = await startWorld()
    world.issuer.setDiscovery(members)
    expect(await ask(world, PODS, await tokenOf(world))).toMatchObject({ code: 401 })
    expect(outcome(world)).toMatch(/^oidc: authenticator not initialized: /)
    await world.close()
  })

  test('takes a key that was published a moment ago, and none that was not', async () => {
    const world = await startWorld()
    await ask(world, PODS, await tokenOf(world))
    world.issuer.rotate(true)
    expect(await ask(world, PODS, await tokenOf(world))).toMatchObject({ code: 200 })
    expect(world.issuer.keyFetches()).toBe(2)
    world.issuer.rotate(false)
    expect(await ask(world, PODS, await tokenOf(world))).toMatchObject({ code: 401 })
    await world.close()
  })
})
