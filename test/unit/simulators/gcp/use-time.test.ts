import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGcpSimulator } from '../../../simulators/gcp/simulator.ts'
import {
  gcpOrganisation,
  POOL,
  PRINCIPAL,
  PROJECT,
  principalSet,
  PROVIDER,
  SERVICE_ACCOUNT,
  targetClaims,
} from '../../../support/gcp-organisation.ts'
import { call } from '../../../support/gcp-request.ts'
import { standingTime } from '../../../support/standing-time.ts'
import {
  exchange,
  federated,
  get,
  IAM,
  generateCall,
  impersonated,
  listBuckets,
  listProjects,
  messageOf,
  reasonOf,
  PROJECTS,
  SCOPE,
  STORAGE,
  startWorld,
  stopWorld,
  type World,
} from './refusals.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => stopWorld(world))

async function inOwnWorld(
  use: (own: World) => Promise<void>,
  changes?: Parameters<typeof startWorld>[0],
): Promise<void> {
  const own = await startWorld(changes, standingTime())
  await use(own)
  await stopWorld(own)
}
const OK = { status: 200 }

describe('a federated token', () => {
  test('reads what its target may, as Google shows it', async () => {
    const token = await federated(world)
    expect(await listProjects(world, token)).toMatchObject({
      status: 200,
      json: {
        projects: [
          { projectId: PROJECT, projectNumber: '123456789012', lifecycleState: 'ACTIVE', name: 'Acme production' },
        ],
      },
    })
    expect(await listBuckets(world, token)).toMatchObject({
      json: { kind: 'storage#buckets', items: [{ name: 'acme-ledger' }] },
    })
    const objects = await get(
      world,
      STORAGE,
      '/storage/v1/b/acme-ledger/o?delimiter=/&fields=prefixes,items/name',
      token,
    )
    expect(objects.json).toEqual({ prefixes: ['old/'], items: [{ name: 'q3.txt' }] })
    const bytes = await get(world, STORAGE, '/storage/v1/b/acme-ledger/o/old%2Fq2.txt?alt=media', token)
    expect([bytes.status, bytes.text]).toEqual([200, 'more numbers\n'])
  })

  test('dies with the grant token, in Google’s words', () =>
    inOwnWorld(async (own) => {
      const token = await federated(own)
      own.gcp.clock.advance(1199)
      expect(await listProjects(own, token)).toMatchObject(OK)
      own.gcp.clock.advance(1)
      const [projects, buckets, account] = await Promise.all([
        listProjects(own, token),
        listBuckets(own, token),
        call(own.server.port, IAM, generateCall(token)),
      ])
      expect(projects).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
        json: {
          error: {
            code: 401,
            status: 'UNAUTHENTICATED',
            details: [
              {
                '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
                reason: 'ACCESS_TOKEN_EXPIRED',
                domain: 'googleapis.com',
              },
            ],
          },
        },
      })
      expect(messageOf(projects)).toMatch(
        /^Request had invalid authentication credentials\. Expected OAuth 2 access token/,
      )
      expect(buckets).toMatchObject({
        status: 401,
        json: { error: { code: 401, errors: [{ domain: 'global', reason: 'authError', location: 'Authorization' }] } },
      })
      expect(reasonOf(account)).toBe('ACCESS_TOKEN_EXPIRED')
    }))

  test('lives an hour at most, however long the grant token', () =>
    inOwnWorld(async (own) => {
      const exp = Math.floor(own.gcp.clock.now() / 1000) + 4 * 3600
      const reply = await exchange(own, { claims: { exp } })
      expect(reply.json).toMatchObject({ expires_in: 3600, token_type: 'Bearer' })
    }))

  test('says how long the grant token still lives', () =>
    inOwnWorld(async (own) => {
      const exp = Math.floor(own.gcp.clock.now() / 1000) + 300
      own.gcp.clock.advance(200)
      const { expires_in } = Object((await exchange(own, { claims: { exp } })).json)
      expect(expires_in).toBe(100)
    }))

  test('is to be had for a minute after the grant token ended, and then lives a minute at most', () =>
    inOwnWorld(async (own) => {
      const exp = Math.floor(own.gcp.clock.now() / 1000)
      own.gcp.clock.advance(50)
      const late = await exchange(own, { claims: { exp } })
      expect(late.json).toMatchObject({ expires_in: 60 })
      own.gcp.clock.advance(12)
      expect(await exchange(own, { claims: { exp } })).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    }))

  test.each(['disabled', 'deleted'] as const)('stops working while its pool is %s, and goes on with it', (state) =>
    inOwnWorld(async (own) => {
      const token = await federated(own)
      own.gcp.setState(POOL, state)
      const [projects, account] = await Promise.all([
        listProjects(own, token),
        call(own.server.port, IAM, generateCall(token)),
      ])
      expect([projects.status, reasonOf(projects), account.status]).toEqual([401, 'ACCOUNT_STATE_INVALID', 401])
      own.gcp.setState(POOL, 'active')
      expect(await listProjects(own, token)).toMatchObject(OK)
    }),
  )

  test('goes on when its provider is disabled, as at Google: only new exchanges end', () =>
    inOwnWorld(async (own) => {
      const token = await federated(own)
      own.gcp.setState(PROVIDER, 'disabled')
      expect(await listProjects(own, token)).toMatchObject(OK)
      expect(await exchange(own)).toMatchObject({ status: 400, json: { error: 'invalid_target' } })
    }))

  test('sees nothing of what its target may not', async () => {
    const other = await federated(world, { claims: targetClaims('staging-db') })
    const [list, mine, one, buckets, object] = await Promise.all([
      listProjects(world, other),
      get(world, PROJECTS, '/v1/projects/acme-other', await federated(world)),
      get(world, PROJECTS, `/v1/projects/${PROJECT}`, other),
      listBuckets(world, other),
      get(world, STORAGE, '/storage/v1/b/acme-ledger/o/q3.txt', other),
    ])
    expect([list.status, list.json]).toEqual([200, {}])
    for (const reply of [mine, one])
      expect(reply.json).toEqual({
        error: { code: 403, message: 'The caller does not have permission', status: 'PERMISSION_DENIED' },
      })
    expect(messageOf(buckets)).toBe(
      `${PRINCIPAL.replace('prod-db', 'staging-db')} does not have storage.buckets.list access to the Google Cloud project. Permission 'storage.buckets.list' denied on resource (or it may not exist).`,
    )
    expect(Object(object.json).error).toMatchObject({ code: 403, errors: [{ reason: 'forbidden', domain: 'global' }] })
  })
})

describe('an impersonated token', () => {
  test('acts as the account, and outlives the grant token that led to it', () =>
    inOwnWorld(async (own) => {
      const token = await impersonated(own, { scope: SCOPE, lifetime: '3600s' })
      own.gcp.clock.advance(3595)
      expect(await listProjects(own, token)).toMatchObject(OK)
      expect(own.gcp.requests.at(-1)).toMatchObject({ principal: `serviceAccount:${SERVICE_ACCOUNT}` })
      own.gcp.clock.advance(6)
      expect(reasonOf(await listProjects(own, token))).toBe('ACCESS_TOKEN_EXPIRED')
    }))

  test('survives its pool, and ends with its account', () =>
    inOwnWorld(async (own) => {
      const token = await impersonated(own)
      own.gcp.setState(POOL, 'disabled')
      expect(await listProjects(own, token)).toMatchObject(OK)
      own.gcp.setServiceAccountDisabled(SERVICE_ACCOUNT, true)
      expect(reasonOf(await listProjects(own, token))).toBe('ACCOUNT_STATE_INVALID')
    }))

  test('opens what its scopes open', () =>
    inOwnWorld(async (own) => {
      const token = await impersonated(own, { scope: ['https://www.googleapis.com/auth/devstorage.read_only'] })
      expect(await listBuckets(own, token)).toMatchObject(OK)
      const projects = await listProjects(own, token)
      expect([projects.status, reasonOf(projects)]).toEqual([403, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'])
    }))
})

describe('IAM policies', () => {
  const bindings = (role: string, member: string, expression?: string) => [
    { role, members: [member], ...(expression !== undefined && { condition: { expression } }) },
  ]

  test('taking a binding away ends access after the policy delay, with tokens that live on', () =>
    inOwnWorld(
      async (own) => {
        const token = await federated(own)
        own.gcp.setIamPolicy(`projects/${PROJECT}`, [])
        own.gcp.setIamPolicy(`serviceAccounts/${SERVICE_ACCOUNT}`, [])
        expect(await listBuckets(own, token)).toMatchObject(OK)
        own.gcp.clock.advance(89)
        expect(await call(own.server.port, IAM, generateCall(token))).toMatchObject(OK)
        own.gcp.clock.advance(2)
        expect(await listBuckets(own, token)).toMatchObject({ status: 403 })
        expect(await call(own.server.port, IAM, generateCall(token))).toMatchObject({ status: 403 })
      },
      { more: { policyDelaySeconds: 90 } },
    ))

  test.each([
    ['the subject', PRINCIPAL, 200],
    ['the target', principalSet('prod-db'), 200],
    ['everybody of the pool', `principalSet://iam.googleapis.com/${POOL}/*`, 200],
    ['another subject', `${PRINCIPAL}.evil`, 403],
    ['another target', principalSet('prod'), 403],
    ['another pool', PRINCIPAL.replace('jit-pool', 'other-pool'), 403],
    ['a service account', `serviceAccount:${SERVICE_ACCOUNT}`, 403],
  ])('a binding for %s is for no one else', (_name, member, status) =>
    inOwnWorld(async (own) => {
      own.gcp.setIamPolicy(`projects/${PROJECT}`, [])
      own.gcp.setIamPolicy('buckets/acme-ledger', bindings('roles/storage.objectViewer', member))
      const token = await federated(own)
      expect(await get(own, STORAGE, '/storage/v1/b/acme-ledger/o', token)).toMatchObject({ status })
      expect(await listBuckets(own, token)).toMatchObject({ status: 403 }) // the bucket's policy is not the project's
    }),
  )

  test('listing objects is not reading them', () =>
    inOwnWorld(async (own) => {
      own.gcp.setIamPolicy(`projects/${PROJECT}`, [])
      own.gcp.setIamPolicy('buckets/acme-ledger', bindings('roles/storage.legacyBucketReader', PRINCIPAL))
      const token = await federated(own)
      expect(await get(own, STORAGE, '/storage/v1/b/acme-ledger/o', token)).toMatchObject(OK)
      for (const how of ['', '?alt=media'])
        expect(await get(own, STORAGE, `/storage/v1/b/acme-ledger/o/q3.txt${how}`, token)).toMatchObject({
          status: 403,
        })
    }))

  test('a condition on the time is asked at each use', () =>
    inOwnWorld(async (own) => {
      const until = new Date(own.gcp.clock.now() + 60_000).toISOString()
      own.gcp.setIamPolicy(
        `projects/${PROJECT}`,
        bindings('roles/browser', PRINCIPAL, `request.time < timestamp("${until}")`),
      )
      const token = await federated(own)
      const wanted = () => get(own, PROJECTS, `/v1/projects/${PROJECT}`, token)
      expect(await wanted()).toMatchObject(OK)
      own.gcp.clock.advance(60)
      expect(await wanted()).toMatchObject({ status: 403 })
    }))

  test.each([
    ['a role that nobody described', bindings('roles/cloudsql.client', PRINCIPAL), /the role roles\/cloudsql\.client/],
    ['a member of another kind', bindings('roles/browser', 'allUsers'), /the member allUsers/],
    [
      'a condition that cannot be read',
      bindings('roles/browser', PRINCIPAL, 'request.time.getHours() < 9'),
      /getHours/,
    ],
  ])('%s is refused at the start', async (_name, policy, message) => {
    const config = gcpOrganisation('https://jit.corp.example')
    const projects = config.projects.map((project) => ({ ...project, bindings: policy }))
    await expect(startGcpSimulator({ ...config, projects })).rejects.toThrow(message)
  })
})
