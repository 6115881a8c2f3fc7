import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsSimulator, startAwsSimulator } from '../../../simulators/aws/simulator.ts'
import { ACCOUNT, ALLOW_ALL, awsAccount, grantClaims, policy, roleArn, trustOf } from '../../../support/aws-account.ts'
import {
  element,
  type Keys,
  keysOf,
  query,
  type Reply,
  type Signing,
  signedCall,
} from '../../../support/aws-request.ts'
import { type Issuer, startIssuer } from '../../../support/issuer.ts'
import { standingTime } from '../../../support/standing-time.ts'
import { exactly, type Wire } from './refusals.ts'

let issuer: Issuer
let aws: AwsSimulator

beforeAll(async () => {
  issuer = await startIssuer()
  aws = await startAwsSimulator(
    awsAccount(issuer.url, {
      admin: [
        trustOf(issuer.url),
        { Effect: 'Allow', Principal: { AWS: roleArn('prod-db') }, Action: 'sts:AssumeRole' },
      ],
    }),
  )
})
afterAll(() => Promise.all([aws.close(), issuer.close()]))

async function session(sessionPolicy?: unknown, cloud = aws): Promise<Keys> {
  const reply = await query(cloud.url, {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn('prod-db'),
    RoleSessionName: 'alice-g_1',
    WebIdentityToken: await issuer.sign(grantClaims(issuer.url, cloud.clock.now())),
    DurationSeconds: '900',
    Policy: sessionPolicy === undefined ? undefined : JSON.stringify(sessionPolicy),
  })
  return keysOf(reply)
}

const LIST = { service: 's3', path: '/' } as const
const IDENTITY = { service: 'sts', form: { Action: 'GetCallerIdentity', Version: '2011-06-15' } } as const
const listBuckets = (keys: Keys, cloud = aws): Promise<Reply> => signedCall(cloud.url, keys, LIST)
const ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/prod-db/alice-g_1`
const denied = (why: string, action = 's3:ListAllMyBuckets') => ({
  status: 403,
  code: 'AccessDenied',
  message: `User: ${ARN} is not authorized to perform: ${action} ${why}`,
})
const deny = (conditions: unknown) => policy(ALLOW_ALL, { ...ALLOW_ALL, Effect: 'Deny', Condition: conditions })
const inSeconds = (seconds: number): string => new Date(aws.clock.now() + seconds * 1000).toISOString()

describe('who signed', () => {
  const QUERY_INVALID = [403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'] as const
  const other = (change: Partial<Keys>) => (keys: Keys) => ({ ...keys, ...change })
  const same = (keys: Keys): Keys => keys
  const minutes = (n: number): number => Date.now() + n * 60_000
  const drop = (name: string) => (headers: Record<string, string>) => {
    delete headers[name]
  }
  type Row = readonly [string, (keys: Keys) => Keys, (call: Signing) => Signing, Wire, Wire]
  const ROWS: readonly Row[] = [
    [
      'an unknown key',
      other({ accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }),
      (call) => call,
      QUERY_INVALID,
      [403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.'],
    ],
    [
      'another session token',
      other({ sessionToken: 'IQoJother' }),
      (call) => call,
      QUERY_INVALID,
      [400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'],
    ],
    [
      'no session token',
      same,
      (call) => ({ ...call, tamper: drop('x-amz-security-token') }),
      QUERY_INVALID,
      [403, 'InvalidAccessKeyId', /does not exist/],
    ],
    [
      'another secret',
      other({ secretAccessKey: 'x'.repeat(40) }),
      (call) => call,
      [
        403,
        'SignatureDoesNotMatch',
        /^The request signature we calculated does not match .* Consult the service documentation for details\.$/,
      ],
      [
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      ],
    ],
    [
      'a header that was added unsigned',
      same,
      (call) => ({ ...call, tamper: (headers) => void (headers['x-amz-acl'] = 'public-read') }),
      [403, 'SignatureDoesNotMatch', /^The request signature/],
      [403, 'SignatureDoesNotMatch', /^The request signature/],
    ],
    [
      'a clock 16 minutes behind',
      same,
      (call) => ({ ...call, at: minutes(-16) }),
      [
        403,
        'SignatureDoesNotMatch',
        /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
      ],
      [403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.'],
    ],
    [
      'a clock 16 minutes ahead',
      same,
      (call) => ({ ...call, at: minutes(16) }),
      [403, 'SignatureDoesNotMatch', /^Signature not yet current: .* \+ 5 min\.\)$/],
      [403, 'RequestTimeTooSkewed', /too large/],
    ],
  ]

  test.each(ROWS)('%s is refused by STS and S3', async (_name, keysWith, callWith, bySts, byS3) => {
    const keys = await session()
    for (const [call, [status, code, message]] of [
      [IDENTITY, bySts],
      [LIST, byS3],
    ] as const) {
      expect(await signedCall(aws.url, keys, call)).toMatchObject({ status: 200 })
      const reply = await signedCall(aws.url, keysWith(keys), callWith(call))
      expect({ status: reply.status, code: reply.code }).toEqual({ status, code })
      expect(reply.message).toMatch(exactly(message))
    }
  })

  test('S3 allows 15 minutes where STS allows 5', async () => {
    const keys = await session()
    expect(await signedCall(aws.url, keys, { ...LIST, at: Date.now() - 10 * 60_000 })).toMatchObject({ status: 200 })
    expect(await signedCall(aws.url, keys, { ...IDENTITY, at: Date.now() - 10 * 60_000 })).toMatchObject({
      status: 403,
    })
  })

  test('a body that is not the signed one is refused', async () => {
    const call: Signing = { ...LIST, tamper: (headers) => void (headers['x-amz-content-sha256'] = 'f'.repeat(64)) }
    expect(await signedCall(aws.url, await session(), call)).toMatchObject({
      status: 400,
      code: 'XAmzContentSHA256Mismatch',
    })
  })

  test('no signature at all is refused by both', async () => {
    expect(await query(aws.url, IDENTITY.form)).toMatchObject({
      status: 403,
      code: 'MissingAuthenticationToken',
      message: 'Request is missing Authentication Token',
    })
    const response = await fetch(aws.url)
    expect(response.status).toBe(403)
    expect(element(await response.text(), 'Code')).toBe('AccessDenied')
  })

  test("AWS's own SDK is understood", async () => {
    const client = new STSClient({ endpoint: aws.url, region: 'eu-west-1', credentials: await session() })
    expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: ACCOUNT, Arn: ARN })
  })
})

describe('S3', () => {
  test('lists buckets and objects, and gives an object', async () => {
    const keys = await session()
    const get = (path: string): Promise<Reply> => signedCall(aws.url, keys, { service: 's3', path })
    expect(element((await get('/')).text, 'Name')).toBe('ledger')
    expect(element((await get('/ledger?list-type=2')).text, 'Key')).toBe('q3.txt')
    expect((await get('/ledger/q3.txt')).text).toBe('numbers\n')
    expect(await get('/ledger/q4.txt')).toMatchObject({ status: 404, code: 'NoSuchKey' })
    expect(await get('/nobody/q3.txt')).toMatchObject({ status: 404, code: 'NoSuchBucket' })
    expect(await get('/ledger?list-type=2&versions=')).toMatchObject({ status: 501, code: 'SimulatorUnsupported' })
  })
})

describe('policies at use time', () => {
  test('a session policy narrows the role', async () => {
    const keys = await session(policy({ Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::ledger/*' }))
    expect(await listBuckets(keys)).toMatchObject(
      denied('because no session policy allows the s3:ListAllMyBuckets action'),
    )
    expect(await signedCall(aws.url, keys, { service: 's3', path: '/ledger/q3.txt' })).toMatchObject({ status: 200 })
  })

  test.each([
    [
      'aws:userid',
      () => ({ StringLike: { 'aws:userid': '*:alice-g_1' } }),
      { StringLike: { 'aws:userid': '*:bob-g_1' } },
    ],
    [
      'aws:PrincipalTag',
      () => ({ StringEquals: { 'aws:PrincipalTag/jit-grant': 'g_1' } }),
      { StringEquals: { 'aws:PrincipalTag/jit-grant': 'g_2' } },
    ],
    [
      'aws:SourceIdentity',
      () => ({ StringEquals: { 'aws:SourceIdentity': 'alice@corp.example' } }),
      { StringEquals: { 'aws:SourceIdentity': 'bob@corp.example' } },
    ],
    [
      'aws:TokenIssueTime',
      () => ({ DateLessThan: { 'aws:TokenIssueTime': inSeconds(60) } }),
      { DateLessThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } },
    ],
    [
      'aws:CurrentTime',
      () => ({ DateGreaterThanEquals: { 'aws:CurrentTime': inSeconds(-1) } }),
      { DateGreaterThanEquals: { 'aws:CurrentTime': '2999-01-01T00:00:00Z' } },
    ],
    [
      'a key that is absent',
      () => ({ StringNotEquals: { 'aws:PrincipalTag/none': 'x' } }),
      { StringEquals: { 'aws:PrincipalTag/none': 'x' } },
    ],
    [
      'an absent key with IfExists',
      () => ({ StringEqualsIfExists: { 'aws:PrincipalTag/none': 'x' } }),
      { Null: { 'aws:PrincipalTag/none': 'false' } },
    ],
  ])('a Deny by %s hits whom it means and nobody else', async (_name, hitting, missing) => {
    expect(await listBuckets(await session(deny(missing)))).toMatchObject({ status: 200 })
    expect(await listBuckets(await session(deny(hitting())))).toMatchObject(
      denied('with an explicit deny in a session policy'),
    )
  })

  test('a changed role policy works after its delay, also for sessions that are already open', async () => {
    const cloud = await startAwsSimulator(awsAccount(issuer.url), standingTime())
    const keys = await session(undefined, cloud)
    cloud.setPolicyDelay(10)
    cloud.putRolePolicy(
      roleArn('prod-db'),
      'JitRevocations',
      deny({ StringEquals: { 'aws:PrincipalTag/jit-grant': 'g_1' } }),
    )
    expect(await listBuckets(keys, cloud)).toMatchObject({ status: 200 })

    cloud.clock.advance(10)
    expect(await listBuckets(keys, cloud)).toMatchObject(denied('with an explicit deny in an identity-based policy'))

    cloud.deleteRolePolicy(roleArn('prod-db'), 'admin')
    cloud.deleteRolePolicy(roleArn('prod-db'), 'JitRevocations')
    cloud.clock.advance(10)
    expect(await listBuckets(keys, cloud)).toMatchObject(
      denied('because no identity-based policy allows the s3:ListAllMyBuckets action'),
    )
    await cloud.close()
  })

  test('GetCallerIdentity is answered under an explicit Deny on everything', async () => {
    const keys = await session(policy({ ...ALLOW_ALL, Effect: 'Deny' }))
    expect(await listBuckets(keys)).toMatchObject({ code: 'AccessDenied' })
    expect(await signedCall(aws.url, keys, IDENTITY)).toMatchObject({ status: 200 })
  })

  test('a chained session is new: it lacks the session policy of its parent', async () => {
    const chain = (keys: Keys): Promise<Reply> =>
      signedCall(aws.url, keys, {
        service: 'sts',
        form: { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn('admin'), RoleSessionName: 'chained' },
      })
    const allowed = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' })
    const chained = await chain(await session(allowed))
    expect(await listBuckets(keysOf(chained))).toMatchObject({ status: 200 })

    const fenced = policy(ALLOW_ALL, { Effect: 'Deny', Action: 'sts:Assume*', Resource: '*' })
    expect(await chain(await session(fenced))).toMatchObject(
      denied('with an explicit deny in a session policy', `sts:AssumeRole on resource: "${roleArn('admin')}"`),
    )
  })
})

describe('the end of a session', () => {
  test('is enforced at use, by the cloud clock and not by the client, with the words of each service', async () => {
    const cloud = await startAwsSimulator(awsAccount(issuer.url), standingTime())
    const keys = await session(undefined, cloud)
    cloud.clock.advance(899)
    expect(await listBuckets(keys, cloud)).toMatchObject({ status: 200 })

    cloud.clock.advance(1)
    expect(await listBuckets(keys, cloud)).toMatchObject({
      status: 400,
      code: 'ExpiredToken',
      message: 'The provided token has expired.',
    })
    expect(await signedCall(cloud.url, keys, IDENTITY)).toMatchObject({
      status: 403,
      code: 'ExpiredToken',
      message: 'The security token included in the request is expired',
    })
    await cloud.close()
  })
})
