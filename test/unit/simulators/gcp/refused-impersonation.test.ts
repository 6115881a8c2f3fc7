import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SERVICE_ACCOUNT, targetClaims } from '../../../support/gcp-organisation.ts'
import { call, type Call, tokenOf } from '../../../support/gcp-request.ts'
import {
  exactly,
  federated,
  generateCall,
  IAM,
  impersonated,
  listProjects,
  SCOPE,
  startWorld,
  stopWorld,
  type World,
} from './refusals.ts'

let world: World
let token: string
beforeAll(async () => {
  world = await startWorld()
  token = await federated(world)
})
afterAll(() => stopWorld(world))

const body =
  (members: Readonly<Record<string, unknown>>) =>
  (good: Call): Call => ({
    ...good,
    body: JSON.stringify({ scope: SCOPE, lifetime: '900s', ...members }),
  })
const path =
  (from: string, to: string) =>
  (good: Call): Call => ({ ...good, path: good.path.replace(from, to) })
const bearer =
  (authorization: string | undefined) =>
  (good: Call): Call => {
    const { authorization: _, ...headers } = good.headers ?? {}
    return { ...good, headers: authorization === undefined ? headers : { ...headers, authorization } }
  }
const duration = (text: string) =>
  `Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), "${text}"`
const HELP =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'

type Row = readonly [string, (good: Call) => Call, number, string, string | RegExp]
const ROWS: readonly Row[] = [
  [
    'no token',
    bearer(undefined),
    401,
    'UNAUTHENTICATED',
    `Request is missing required authentication credential. ${HELP}`,
  ],
  [
    'another token',
    bearer('Bearer ya29.other'),
    401,
    'UNAUTHENTICATED',
    `Request had invalid authentication credentials. ${HELP}`,
  ],
  ['a token of another kind', bearer('Basic eDp5'), 401, 'UNAUTHENTICATED', /^Request had invalid authentication/],
  ['no scope', body({ scope: [] }), 400, 'INVALID_ARGUMENT', 'Scope is required.'],
  ['a scope that is none', body({ scope: ['admin'] }), 400, 'INVALID_ARGUMENT', 'Invalid scope "admin".'],
  ['a lifetime without s', body({ lifetime: '900' }), 400, 'INVALID_ARGUMENT', duration('900')],
  ['a lifetime in minutes', body({ lifetime: '15m' }), 400, 'INVALID_ARGUMENT', duration('15m')],
  ['a lifetime as a number', body({ lifetime: 900 }), 400, 'INVALID_ARGUMENT', "Invalid value at 'lifetime'"],
  [
    'a lifetime of nothing',
    body({ lifetime: '0s' }),
    400,
    'INVALID_ARGUMENT',
    'Lifetime of access token must be larger then zero.',
  ],
  [
    'a lifetime over an hour',
    body({ lifetime: '3601s' }),
    400,
    'INVALID_ARGUMENT',
    /can not have lifetimes of more than 1 hour\./,
  ],
  [
    'a member that the API lacks',
    body({ ttl: '900s' }),
    400,
    'INVALID_ARGUMENT',
    'Invalid JSON payload received. Unknown name "ttl": Cannot find field.',
  ],
  ['no JSON', (good) => ({ ...good, body: '{' }), 400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.'],
  [
    'a project instead of the wildcard',
    path('/-/', '/acme-prod/'),
    400,
    'INVALID_ARGUMENT',
    /^Invalid form of account ID/,
  ],
  [
    'an account that does not exist',
    path('prod-db@', 'nobody@'),
    404,
    'NOT_FOUND',
    `Not found; Gaia id not found for email ${SERVICE_ACCOUNT.replace('prod-db', 'nobody')}`,
  ],
  [
    'delegates',
    body({ delegates: ['projects/-/serviceAccounts/x'] }),
    501,
    'UNIMPLEMENTED',
    /does not know delegates\.$/,
  ],
  ['another method', path(':generateAccessToken', ':signJwt'), 501, 'UNIMPLEMENTED', /does not know POST .*:signJwt/],
]

test.each(ROWS)('impersonation is refused with %s', async (_name, change, status, name, message) => {
  const good = generateCall(token)
  expect(await call(world.server.port, IAM, good)).toMatchObject({ status: 200 })

  const reply = await call(world.server.port, IAM, change(good))

  expect(reply).toMatchObject({ status, json: { error: { code: status, status: name } } })
  expect(Object(Object(reply.json).error).message).toMatch(exactly(message))
})

describe('impersonation', () => {
  const DENIED = {
    status: 403,
    json: {
      error: {
        code: 403,
        message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
        status: 'PERMISSION_DENIED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'IAM_PERMISSION_DENIED',
            domain: 'iam.googleapis.com',
            metadata: { permission: 'iam.serviceAccounts.getAccessToken' },
          },
        ],
      },
    },
  }

  test('is for the targets alone that the account names', async () => {
    const other = await federated(world, { claims: targetClaims('staging-db') })
    expect(await call(world.server.port, IAM, generateCall(other))).toMatchObject(DENIED)
  })

  test('is not for the account itself, unless it may', async () => {
    expect(await call(world.server.port, IAM, generateCall(await impersonated(world)))).toMatchObject(DENIED)
  })

  test('needs a token that is for more than storage', async () => {
    const narrow = await federated(world, {
      parameters: { scope: 'https://www.googleapis.com/auth/devstorage.read_only' },
    })
    expect(await call(world.server.port, IAM, generateCall(narrow))).toMatchObject({
      status: 403,
      json: { error: { details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }] } },
    })
  })

  test('of a disabled account is denied', async () => {
    const own = await startWorld()
    own.gcp.setServiceAccountDisabled(SERVICE_ACCOUNT, true)
    expect(await call(own.server.port, IAM, generateCall(await federated(own)))).toMatchObject(DENIED)
    await stopWorld(own)
  })

  test('lives as long as asked, an hour unasked, and says so without milliseconds', async () => {
    for (const [lifetime, seconds] of [
      ['900s', 900],
      [undefined, 3600],
      [null, 3600],
      ['1s', 1],
    ] as const) {
      const { json } = await call(world.server.port, IAM, generateCall(token, { scope: SCOPE, lifetime }))
      const { expireTime } = Object(json)
      expect(expireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      const left = (Date.parse(expireTime) - world.gcp.clock.now()) / 1000
      expect([left > seconds - 5, left <= seconds]).toEqual([true, true])
    }
  })

  test('with one empty scope is for everything, as at Google', async () => {
    const wide = tokenOf(await call(world.server.port, IAM, generateCall(token, { scope: [''] })))
    expect(await listProjects(world, wide)).toMatchObject({ status: 200 })
  })
})
