import { describe } from 'vitest'
import { randomBytes } from 'node:crypto'
import { ALLOW_ALL, policy } from '../../../support/aws-account.ts'
import { type Defect, invalidCall, type Row, testRefusals, unsupported, type Wire } from './refusals.ts'

const parameter = (name: string, value: string | undefined): Defect => ({ parameters: { [name]: value } })
const broken = (member: string, value: string, constraint: string): Wire =>
  invalidCall(`Value '${value}' at '${member}' failed to satisfy constraint: Member must ${constraint}`)
const SOMEBODY = `AWS4-HMAC-SHA256 Credential=AKIA/20261121/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
const NO_CLIENT = 'The security token included in the request is invalid.'
const LONG_NAME = 'a'.repeat(65)

const CALLS: readonly Row[] = [
  ['no form', { headers: { 'content-type': 'application/json' } }, [400, 'MissingAction', 'Missing Action']],
  [
    'another API version',
    parameter('Version', '2010-05-08'),
    [400, 'InvalidAction', 'Could not find operation AssumeRoleWithWebIdentity for version 2010-05-08'],
  ],
  ['a signature of somebody', { headers: { authorization: SOMEBODY } }, [403, 'InvalidClientTokenId', NO_CLIENT]],
  [
    'a parameter that is not simulated',
    parameter('PolicyArns.member.1.arn', 'arn:aws:iam::aws:policy/ReadOnlyAccess'),
    unsupported('the parameter PolicyArns.member.1.arn of this call'),
  ],
  [
    'ProviderId, which OpenID must omit',
    parameter('ProviderId', 'www.amazon.com'),
    unsupported('the parameter ProviderId of this call'),
  ],
  [
    'no role',
    parameter('RoleArn', undefined),
    invalidCall("Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
  ],
  ['a short role', parameter('RoleArn', 'role'), broken('roleArn', 'role', 'have length greater than or equal to 20')],
  [
    'a role that is no ARN',
    parameter('RoleArn', 'arn:aws:iam::12:role/prod-db'),
    [400, 'ValidationError', 'arn:aws:iam::12:role/prod-db is invalid'],
  ],
  [
    'a session name of one character',
    parameter('RoleSessionName', 'a'),
    broken('roleSessionName', 'a', 'have length greater than or equal to 2'),
  ],
  [
    'a session name of 65',
    parameter('RoleSessionName', LONG_NAME),
    broken('roleSessionName', LONG_NAME, 'have length less than or equal to 64'),
  ],
  [
    'a session name with a blank',
    parameter('RoleSessionName', 'a b'),
    broken('roleSessionName', 'a b', 'satisfy regular expression pattern: [\\w+=,.@-]*'),
  ],
  [
    '899 s',
    parameter('DurationSeconds', '899'),
    broken('durationSeconds', '899', 'have value greater than or equal to 900'),
  ],
  [
    '43,201 s',
    parameter('DurationSeconds', '43201'),
    broken('durationSeconds', '43201', 'have value less than or equal to 43200'),
  ],
  [
    'more than the role gives',
    parameter('DurationSeconds', '7201'),
    [400, 'ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'],
  ],
  [
    'the default hour, where the role gives more, is fine but 3 characters of token are not',
    { parameters: { DurationSeconds: undefined, WebIdentityToken: 'abc' } },
    broken('webIdentityToken', 'abc', 'have length greater than or equal to 4'),
  ],
]

const withPolicy = (document: unknown): Defect => parameter('Policy', JSON.stringify(document))
const condition = (value: unknown): Defect => withPolicy(policy({ ...ALLOW_ALL, Condition: value }))
const malformed = (message: string): Wire => [400, 'MalformedPolicyDocument', message]
const badPolicy = (constraint: RegExp): Wire => [400, 'ValidationError', constraint]
const SYNTAX = malformed('Syntax errors in policy.')
const UNPACKABLE = `arn:aws:s3:::${randomBytes(1300).toString('base64')}`

const POLICIES: readonly Row[] = [
  ['no JSON', parameter('Policy', 'nope'), malformed('This policy contains invalid Json')],
  ['a misspelt member', withPolicy(policy({ ...ALLOW_ALL, Actoin: 's3:*' })), SYNTAX],
  ['a statement without effect', withPolicy(policy({ Action: '*', Resource: '*' })), SYNTAX],
  ['a member more at the top', withPolicy({ ...policy(ALLOW_ALL), Statements: [] }), SYNTAX],
  [
    'a principal',
    withPolicy(policy({ ...ALLOW_ALL, Principal: '*' })),
    malformed('Policy document should not specify a principal.'),
  ],
  [
    'an action without a service',
    withPolicy(policy({ ...ALLOW_ALL, Action: 'ListBuckets' })),
    malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'),
  ],
  [
    'a resource that is no ARN',
    withPolicy(policy({ ...ALLOW_ALL, Resource: 'ledger' })),
    malformed('Resource ledger must be in ARN format or "*".'),
  ],
  [
    'an operator that does not exist',
    condition({ DateAfter: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }),
    malformed('Invalid Condition type : DateAfter.'),
  ],
  [
    'a date that is none',
    condition({ DateLessThan: { 'aws:CurrentTime': 'tomorrow' } }),
    malformed('Invalid value tomorrow in Condition DateLessThan.'),
  ],
  [
    'an operator that is not simulated',
    condition({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
    unsupported('the condition operator IpAddress'),
  ],
  [
    'a condition key that is not simulated',
    condition({ StringEquals: { 'ec2:Region': 'eu-west-1' } }),
    unsupported('the condition key ec2:Region here'),
  ],
  [
    'a policy variable',
    condition({ StringEquals: { 'aws:userid': '${aws:username}' } }),
    unsupported('policy variables: ${aws:username}'),
  ],
  [
    'another version',
    withPolicy({ ...policy(ALLOW_ALL), Version: '2008-10-17' }),
    unsupported('policies of version "2008-10-17"'),
  ],
  [
    'nothing',
    parameter('Policy', ''),
    badPolicy(/at 'policy' .*: Member must have length greater than or equal to 1;/),
  ],
  [
    '2,049 characters',
    parameter('Policy', JSON.stringify(policy(ALLOW_ALL)).padEnd(2049)),
    badPolicy(/at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048$/),
  ],
  [
    'a character beyond U+00FF',
    withPolicy(policy({ ...ALLOW_ALL, Sid: 'ĀĀ' })),
    badPolicy(/at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: /),
  ],
  [
    'more than can be packed',
    withPolicy(policy({ ...ALLOW_ALL, Resource: UNPACKABLE })),
    [400, 'PackedPolicyTooLarge', /^Packed policy consumes 1\d\d% of allotted space, please use smaller policy\.$/],
  ],
]

describe('AssumeRoleWithWebIdentity refuses a call with', () => {
  testRefusals(CALLS)
})
describe('AssumeRoleWithWebIdentity refuses a session policy with', () => {
  testRefusals(POLICIES)
})
