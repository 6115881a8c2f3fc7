import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateEphemeralKey } from '../../../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../../../src/client/exchange/unseal.ts'
import { type AwsCredential, readAwsCredential } from '../../../../src/contract/credential.ts'
import type { SealedCredential } from '../../../../src/contract/grant.ts'
import type { AwsAccess } from '../../../../src/server/config/types.ts'
import { createAwsExchange } from '../../../../src/server/exchange/aws.ts'
import { type AssumeRoleAnswer, createAssumeRole } from '../../../../src/server/exchange/aws-sts.ts'
import { createExchange } from '../../../../src/server/exchange/exchange.ts'
import { type AwsSimulator, startAwsSimulator } from '../../../simulators/aws/simulator.ts'
import { ACCOUNT, AUDIENCE, awsAccount, roleArn, trustOf } from '../../../support/aws-account.ts'
import { accessTo, cloudsOf, GRANT_ID, issueFor, targetFor, tokensOf } from '../../../support/aws-grant.ts'
import { type Reply, signedCall } from '../../../support/aws-request.ts'
import { type Issuer, startIssuer } from '../../../support/issuer.ts'
import { standingTime } from '../../../support/standing-time.ts'

let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

async function withCloud(work: (aws: AwsSimulator) => Promise<void>): Promise<void> {
  const aws = await startAwsSimulator(
    awsAccount(issuer.url, {
      closed: [trustOf(issuer.url, { Effect: 'Deny' })],
      admin: [
        trustOf(issuer.url),
        { Effect: 'Allow', Principal: { AWS: roleArn('prod-db') }, Action: 'sts:AssumeRole' },
      ],
    }),
    standingTime(),
  )
  try {
    await work(aws)
  } finally {
    await aws.close()
  }
}

const exchangeAt = (aws: { readonly url: string }) =>
  createExchange(
    cloudsOf({
      aws: createAwsExchange({
        tokens: tokensOf(issuer),
        assumeRole: createAssumeRole({ endpoint: aws.url }),
        audience: AUDIENCE,
      }),
    }),
  )

async function exchange(aws: AwsSimulator, seconds: number, access: AwsAccess = accessTo('prod-db')) {
  const key = generateEphemeralKey()
  const issue = issueFor(seconds, aws.clock.now())
  const answer = await exchangeAt(aws).exchange(issue, targetFor(access), key.publicKey)
  const credential: AwsCredential = unseal(only(answer.credentials), key.privateKey, readAwsCredential)
  return { issue, answer, credential }
}

function only(credentials: readonly SealedCredential[]): SealedCredential {
  const [sealed, ...more] = credentials
  if (sealed === undefined || more.length > 0) throw new Error('one credential was expected')
  return sealed
}

const listBuckets = (aws: AwsSimulator, keys: AwsCredential): Promise<Reply> =>
  signedCall(aws.url, keys, { service: 's3' })

describe('the AWS exchange', () => {
  test('gives sealed credentials of the role, named after person and grant', () =>
    withCloud(async (aws) => {
      const { issue, answer, credential } = await exchange(aws, 3600)

      expect(answer.grant).toEqual(issue.grant)
      expect(answer.credentials).toEqual([{ cloud: 'aws', profile: 'jit-prod-db', jwe: expect.any(String) }])
      expect(credential).toMatchObject({
        roleArn: roleArn('prod-db'),
        sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/prod-db/alice@corp.example-${GRANT_ID}`,
        region: 'eu-west-1',
        notAfter: issue.grant.endsAt.replace(/\.\d+Z$/, 'Z'),
      })
      expect(await listBuckets(aws, credential)).toMatchObject({ status: 200 })
      expect(aws.requests[0]).toMatchObject({ action: 'AssumeRoleWithWebIdentity', signed: false, outcome: 'ok' })
    }))

  test.each([
    [120, 900],
    [900, 900],
    [3600, 3600],
    [30_000, 3600],
  ])('asks for a grant of %i s a session of %i s: 15 minutes at least, its slice at most', (seconds, asked) =>
    withCloud(async (aws) => {
      await exchange(aws, seconds)
      expect(Number(aws.requests[0]?.parameters['DurationSeconds'])).toBe(asked)
    }),
  )

  test('asks for no session that the role would refuse', () =>
    withCloud(async (aws) => {
      await exchange(aws, 3600, accessTo('prod-db', { maxSessionSeconds: 1800 }))
      expect(aws.requests[0]?.parameters['DurationSeconds']).toBe('1800')
    }))

  test('fences a long grant at the end of its slice', () =>
    withCloud(async (aws) => {
      const { issue, credential } = await exchange(aws, 4 * 3600)
      expect(Date.parse(credential.notAfter)).toBe(Math.floor((issue.nowMs + 3600_000) / 1000) * 1000)
      expect(aws.requests[0]?.parameters['Policy']).toContain(credential.notAfter)
    }))

  test('a grant of 2 minutes ends after 2 minutes, though STS gives 15', () =>
    withCloud(async (aws) => {
      const { credential } = await exchange(aws, 120)
      aws.clock.advance(119)
      expect(await listBuckets(aws, credential)).toMatchObject({ status: 200 })

      aws.clock.advance(1)
      expect(await listBuckets(aws, credential)).toMatchObject({
        status: 403,
        code: 'AccessDenied',
        message: expect.stringContaining('with an explicit deny in a session policy'),
      })
      aws.clock.advance(800)
      expect(await listBuckets(aws, credential)).toMatchObject({ status: 400, code: 'ExpiredToken' })
    }))

  test('the session leads to no other credentials', () =>
    withCloud(async (aws) => {
      const { credential } = await exchange(aws, 3600)
      const forms = [
        { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn('admin'), RoleSessionName: 'chained' },
        ...['CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile', 'UpdateAssumeRolePolicy'].map((Action) => ({
          Action,
          Version: '2010-05-08',
        })),
      ]
      for (const form of forms) {
        const service = form.Action === 'AssumeRole' ? 'sts' : 'iam'
        expect(await signedCall(aws.url, credential, { service, form })).toMatchObject({
          code: 'AccessDenied',
          message: expect.stringContaining('with an explicit deny in a session policy'),
        })
      }
      const harmless = { service: 'iam', form: { Action: 'DeleteAccessKey', Version: '2010-05-08' } }
      expect(await signedCall(aws.url, credential, harmless)).toMatchObject({ code: 'SimulatorUnsupported' })
    }))

  test("a target's own session policy narrows the role", () =>
    withCloud(async (aws) => {
      const sessionPolicy = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::ledger/*' }]
      const { credential } = await exchange(aws, 3600, accessTo('prod-db', { sessionPolicy }))
      const get = signedCall(aws.url, credential, { service: 's3', path: '/ledger/q3.txt' })
      expect(await get).toMatchObject({ status: 200, text: 'numbers\n' })
      expect(await listBuckets(aws, credential)).toMatchObject({ code: 'AccessDenied' })
    }))

  test('throttled calls are repeated', () =>
    withCloud(async (aws) => {
      aws.throttle(2)
      await exchange(aws, 3600)
      expect(aws.requests.map(({ outcome }) => outcome)).toEqual(['Throttling', 'Throttling', 'ok'])
    }))

  test('throttling that stays is an answer after three calls', () =>
    withCloud(async (aws) => {
      aws.throttle(9)
      await expect(exchange(aws, 3600)).rejects.toMatchObject({
        code: 'cloud_unavailable',
        message: expect.stringContaining('Throttling: Rate exceeded'),
      })
      expect(aws.requests).toHaveLength(3)
    }))

  test('a refused trust is not repeated and says what to compare', () =>
    withCloud(async (aws) => {
      await expect(exchange(aws, 3600, accessTo('closed'))).rejects.toMatchObject({
        code: 'cloud_refused',
        message: `AWS refused ${roleArn('closed')}: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`,
        hint: expect.stringContaining('jit-endpoint trust aws'),
      })
      expect(aws.requests).toHaveLength(1)
    }))

  test('an issuer that AWS cannot reach is worth another try', () =>
    withCloud(async (aws) => {
      issuer.setDiscovery({ jwks_uri: 'http://127.0.0.1:1/none' })
      await expect(exchange(aws, 3600)).rejects.toMatchObject({
        code: 'cloud_unavailable',
        message: expect.stringContaining('IDPCommunicationError'),
      })
      issuer.setDiscovery({})
      expect(aws.requests).toHaveLength(3)
    }))

  test('a grant that ended is refused before anything is signed', async () => {
    const nothing = { url: 'http://127.0.0.1:1' }
    const { publicKey } = generateEphemeralKey()
    const issue = issueFor(-1, Date.now())
    await expect(exchangeAt(nothing).exchange(issue, targetFor(accessTo('prod-db')), publicKey)).rejects.toMatchObject({
      code: 'grant_ended',
    })
  })

  test('an STS that is not there is unavailable', async () => {
    const nothing = { url: 'http://127.0.0.1:1' }
    const { publicKey } = generateEphemeralKey()
    const issue = issueFor(60, Date.now())
    await expect(exchangeAt(nothing).exchange(issue, targetFor(accessTo('prod-db')), publicKey)).rejects.toMatchObject({
      code: 'cloud_unavailable',
      message: 'AWS STS could not be reached (ECONNREFUSED).',
    })
  })
})

describe('an answer of AWS', () => {
  const good: AssumeRoleAnswer = {
    accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
    secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY',
    sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE',
    expiration: new Date('2026-11-21T23:45:00Z'),
    sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/prod-db/alice@corp.example-${GRANT_ID}`,
  }
  const exchanging = (answer: AssumeRoleAnswer) =>
    createAwsExchange({ tokens: tokensOf(issuer), audience: AUDIENCE, assumeRole: () => Promise.resolve(answer) })

  test.each<[string, AssumeRoleAnswer]>([
    ['a standing key', { accessKeyId: 'AKIAEXAMPLEEXAMPLE00' }],
    ['no secret', { secretAccessKey: undefined }],
    ['a secret with a line end', { secretAccessKey: 'wJalrXUtnFEMIK7MDENG\n[default]' }],
    ['a token with a blank', { sessionToken: 'IQoJb3JpZ2luX2Vj EXAMPLE' }],
    ['no token', { sessionToken: undefined }],
    ['no expiration', { expiration: undefined }],
    ['an expiration that is no time', { expiration: new Date('soon') }],
    ['a session of another role', { sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/admin/alice` }],
  ])('with %s is refused, and no secret is told', async (_name, flaw) => {
    const issue = issueFor(60, Date.now())
    const until = issue.grant.endsAt
    await expect(exchanging(good)(issue, accessTo('prod-db'), until)).resolves.toMatchObject({
      accessKeyId: good.accessKeyId,
    })

    const refused = exchanging({ ...good, ...flaw })(issue, accessTo('prod-db'), until)

    await expect(refused).rejects.toMatchObject({ code: 'cloud_refused' })
    await expect(refused).rejects.not.toThrow(/wJalr|IQoJ/)
  })
})
