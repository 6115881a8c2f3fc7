import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { POOL, PRINCIPAL, PROJECT, SERVICE_ACCOUNT } from '../../../support/gcp-organisation.ts'
import { call } from '../../../support/gcp-request.ts'
import {
  exchange,
  federated,
  get,
  listBuckets,
  listProjects,
  messageOf,
  reasonOf,
  PROJECTS,
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

const OK = { status: 200 }

describe('every service', () => {
  test('throttles when told to, then works again', async () => {
    const token = await federated(world)
    world.gcp.throttle(3)
    const throttled = [await exchange(world), await listProjects(world, token), await listBuckets(world, token)]
    expect(throttled.map(({ status }) => status)).toEqual([429, 429, 429])
    expect(throttled[1]?.json).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED' } })
    expect(throttled[2]?.json).toMatchObject({
      error: { errors: [{ domain: 'usageLimits', reason: 'rateLimitExceeded' }] },
    })
    expect(await exchange(world)).toMatchObject(OK)
  })

  test('is recorded with who asked, without tokens', async () => {
    const token = await federated(world)
    await listBuckets(world, token)
    expect(world.gcp.requests.at(-2)).toMatchObject({ host: 'sts.googleapis.com', outcome: 'ok', bearer: false })
    expect(world.gcp.requests.at(-1)).toMatchObject({
      host: STORAGE,
      method: 'GET',
      path: '/storage/v1/b',
      parameters: { project: PROJECT },
      bearer: true,
      outcome: 'ok',
      principal: PRINCIPAL,
    })
    expect(JSON.stringify(world.gcp.requests)).not.toMatch(/eyJ|ya29/)
  })

  test.each([
    [
      'another method',
      STORAGE,
      '/storage/v1/b/acme-ledger/acl',
      'GET /storage/v1/b/acme-ledger/acl of storage.googleapis.com',
    ],
    [
      'another parameter',
      STORAGE,
      '/storage/v1/b?project=acme-prod&userProject=x',
      'the parameter userProject of this call',
    ],
    ['another projection', STORAGE, '/storage/v1/b?project=acme-prod&projection=full', 'projection=full'],
    ['a second page', STORAGE, '/storage/v1/b/acme-ledger/o?maxResults=1', 'a second page'],
    ['another filter', PROJECTS, '/v1/projects?filter=name:x', 'the filter name:x'],
    ['another version', PROJECTS, '/v3/projects', 'GET /v3/projects of cloudresourcemanager.googleapis.com'],
    ['a token in the address', PROJECTS, '/v1/projects?access_token=x', 'a token in the address'],
  ])('answers 501 for %s', async (_name, host, path, what) => {
    const reply = await get(world, host, path, await federated(world))
    expect([reply.status, messageOf(reply)]).toEqual([501, `The Google Cloud simulator does not know ${what}.`])
  })

  test('answers 501 for a quota project', async () => {
    const reply = await get(world, PROJECTS, '/v1/projects', await federated(world), { 'x-goog-user-project': PROJECT })
    expect([reply.status, messageOf(reply)]).toEqual([501, 'The Google Cloud simulator does not know a quota project.'])
  })

  test.each([
    ['a bucket', '/storage/v1/b/nowhere/o', 'The specified bucket does not exist.'],
    ['an object', '/storage/v1/b/acme-ledger/o/q4.txt', 'No such object: acme-ledger/q4.txt'],
  ])('answers 404 for %s that is not there', async (_name, path, message) => {
    const reply = await get(world, STORAGE, path, await federated(world))
    expect([reply.status, messageOf(reply)]).toEqual([404, message])
  })

  test('is turned over HTTP too', async () => {
    const turn = (command: unknown) =>
      call(world.server.port, 'sts.googleapis.com', {
        method: 'POST',
        path: '/_simulator/control',
        body: JSON.stringify(command),
      })
    const token = await federated(world)
    for (const command of [
      { policyDelaySeconds: 0 },
      { setServiceAccountDisabled: { email: SERVICE_ACCOUNT, disabled: false } },
      { setIamPolicy: { resource: 'buckets/acme-ledger', policy: [] } },
      { setState: { name: POOL, state: 'disabled' } },
    ])
      expect(await turn(command)).toMatchObject(OK)
    expect(await listProjects(world, token)).toMatchObject({ status: 401 })
    await turn({ setState: { name: POOL, state: 'active' } })
    await turn({ throttle: 1 })
    expect(await listProjects(world, token)).toMatchObject({ status: 429 })
    await turn({ advanceSeconds: 1200 })
    expect(reasonOf(await listProjects(world, token))).toBe('ACCESS_TOKEN_EXPIRED')
    expect(await turn({ explode: true })).toMatchObject({ status: 400 })
    const log = await call(world.server.port, STORAGE, { path: '/_simulator/requests' })
    expect(log.json).toEqual(world.gcp.requests)
  })

  test('answers nothing once it is closed', async () => {
    const own = await startWorld()
    const token = await federated(own)
    await own.gcp.close()
    expect(await listProjects(own, token)).toMatchObject({ status: 503 })
    await stopWorld(own)
  })
})
