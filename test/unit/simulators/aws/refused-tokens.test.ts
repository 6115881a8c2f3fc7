import { describe } from 'vitest'
import { grantClaims } from '../../../support/aws-account.ts'
import { forgeries } from '../../../support/forgeries.ts'
import { type Defect, invalidToken, NO_KEY, type Row, testRefusals } from './refusals.ts'

const { byAnotherKey, byStranger, changed, hs256, unsigned } = forgeries((issuer) => grantClaims(issuer, Date.now()))
const without = (claim: string): Defect => ({ claims: { [claim]: undefined } })
const tags = (principal_tags: unknown, transitive_tag_keys: unknown = []): Defect => ({
  claims: { 'https://aws.amazon.com/tags': { principal_tags, transitive_tag_keys } },
})
const ahead = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
const NO_JWT = invalidToken(
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
)
const NO_SIGNATURE = invalidToken('The signature of the ID Token is invalid')
const WRONG_AUDIENCE = invalidToken('Incorrect token audience')
const WRONG_SUBJECT = invalidToken('The sub claim must have 6 to 255 characters')
const EXPIRED = /^Token expired: current date\/time \d{10} must be before the expiration date\/time \d{10}$/
const NOT_YET = invalidToken(/^Token not yet valid: current date\/time \d{10}$/)
const unknownIssuer = (url: RegExp) =>
  invalidToken(new RegExp(`^No OpenIDConnect provider found in your account for ${url.source}$`))
const MANY_TAGS = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, ['v']]))

const SHAPES: readonly Row[] = [
  ['two parts', { token: (good) => good.split('.').slice(0, 2).join('.') }, NO_JWT],
  ['four parts', { token: (good) => `${good}.x` }, NO_JWT],
  ['no JSON in it', { token: () => 'opaque-access-token' }, NO_JWT],
  ['no sub', without('sub'), invalidToken('Missing a required claim: sub')],
  ['no aud', without('aud'), invalidToken('Missing a required claim: aud')],
  ['no iss', without('iss'), invalidToken('Missing a required claim: iss')],
  ['no exp', without('exp'), invalidToken('Missing a required claim: exp')],
  ['no iat', without('iat'), invalidToken('Missing a required claim: iat')],
  ['a time as text', { claims: { exp: '2100-01-01T00:00:00Z' } }, NO_JWT],
  ['a sub of 5 characters', { claims: { sub: 'short' } }, WRONG_SUBJECT],
  ['a sub of 256', { claims: { sub: 's'.repeat(256) } }, WRONG_SUBJECT],
]

const SIGNATURES: readonly Row[] = [
  ['alg none', { token: unsigned }, invalidToken('Unsupported signature algorithm none')],
  ['HS256 under a shared secret', { token: hs256 }, invalidToken('Unsupported signature algorithm HS256')],
  ['PS256', { header: { alg: 'PS256' } }, invalidToken('Unsupported signature algorithm PS256')],
  ['another algorithm than its key has', { header: { alg: 'RS384' } }, invalidToken(NO_KEY)],
  ['no kid', { header: { kid: undefined } }, invalidToken(NO_KEY)],
  ['an unknown kid', { header: { kid: 'k99' } }, invalidToken(NO_KEY)],
  ['another key under the same kid', { token: byAnotherKey }, NO_SIGNATURE],
  ['a changed claim', { token: changed({ jti: 'j-2' }) }, NO_SIGNATURE],
]

const ISSUERS_AND_AUDIENCES: readonly Row[] = [
  ['an issuer that nobody registered', { token: byStranger }, unknownIssuer(/http:\/\/127\.0\.0\.1:\d+/)],
  [
    'an issuer with a slash more',
    ({ issuer }) => ({ claims: { iss: `${issuer.url}/` } }),
    unknownIssuer(/http:\/\/127\.0\.0\.1:\d+\//),
  ],
  [
    'an issuer that only another account registered',
    { parameters: { RoleArn: 'arn:aws:iam::999999999999:role/prod-db' } },
    unknownIssuer(/http:\/\/127\.0\.0\.1:\d+/),
  ],
  ['another audience', { claims: { aud: 'api.example' } }, WRONG_AUDIENCE],
  ['two audiences', { claims: { aud: ['sts.amazonaws.com', 'api.example'] } }, WRONG_AUDIENCE],
  ['azp, which wins over aud', { claims: { azp: 'jit' } }, WRONG_AUDIENCE],
]

const TIMES: readonly Row[] = [
  ['exp a second ago', () => ({ claims: { exp: ahead(-1) } }), [400, 'ExpiredTokenException', EXPIRED]],
  ['iat two minutes ahead', () => ({ claims: { iat: ahead(120) } }), NOT_YET],
  ['nbf two minutes ahead', () => ({ claims: { nbf: ahead(120) } }), NOT_YET],
]

const TAGS: readonly Row[] = [
  [
    'two values',
    tags({ 'jit-grant': ['a', 'b'] }),
    invalidToken('The session tag jit-grant must have exactly one value'),
  ],
  ['a key of AWS', tags({ 'aws:x': ['a'] }), invalidToken('Session tags must not start with aws:')],
  ['a value of 257', tags({ t: ['a'.repeat(257)] }), invalidToken('The session tag t is not valid')],
  ['a key of 129', tags({ ['k'.repeat(129)]: ['a'] }), invalidToken(/^The session tag k+ is not valid$/)],
  ['a value with a semicolon', tags({ t: ['a;b'] }), invalidToken('The session tag t is not valid')],
  ['51 of them', tags(MANY_TAGS), invalidToken('The ID Token has more than 50 session tags')],
  ['no list of values', tags({ t: 'a' }), invalidToken('The session tags of the ID Token are malformed')],
  [
    'a transitive key that is none of them',
    tags({ 'jit-grant': ['a'] }, ['jit-target']),
    invalidToken('The transitive tag key jit-target is not among the session tags'),
  ],
  [
    'a source identity with a blank',
    { claims: { 'https://aws.amazon.com/source_identity': 'al ice' } },
    invalidToken('The source identity of the ID Token is not valid'),
  ],
]

describe('STS refuses a token with', () => {
  testRefusals(SHAPES)
})
describe('STS refuses a token signed with', () => {
  testRefusals(SIGNATURES)
})
describe('STS refuses a token for or from', () => {
  testRefusals(ISSUERS_AND_AUDIENCES)
})
describe('STS refuses a token with', () => {
  testRefusals(TIMES)
})
describe('STS refuses session tags with', () => {
  testRefusals(TAGS)
})
