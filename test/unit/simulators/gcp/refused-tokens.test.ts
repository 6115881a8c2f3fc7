import { describe } from 'vitest'
import { AUDIENCE, grantClaims, targetClaims } from '../../../support/gcp-organisation.ts'
import { forgeries } from '../../../support/forgeries.ts'
import { type Defect, grant, type Row, startWorld, testRefusals, unsupported, type Wire } from './refusals.ts'

const { byAnotherKey, byStranger, changed, es256, hs256, unsigned } = forgeries((issuer) =>
  grantClaims(issuer, Date.now()),
)
const claims = (changes: Readonly<Record<string, unknown>>): Defect => ({ claims: changes })
const at = (seconds: number, changes: (now: number) => Readonly<Record<string, unknown>>) => (): Defect =>
  claims(changes(Math.floor(Date.now() / 1000) + seconds))
const NO_TOKEN = grant('The given credential is not a valid ID Token.')
const NO_ISSUER = grant("Error connecting to the given credential's issuer.")
const NO_SIGNATURE = grant('Unable to verify the ID Token signature.')
const STALE = grant(/^ID Token issued at \d{10} is stale to sign-in\.$/)
const algorithm = (alg: string): Wire => grant(`The algorithm ${alg} of the ID Token is not supported.`)
const issuer = (found: RegExp): Wire =>
  grant(
    new RegExp(
      `^The issuer in ID Token ${found.source} does not match the expected one in config: http://127\\.0\\.0\\.1:\\d+\\.$`,
    ),
  )
const audience = (found: string): Wire =>
  grant(`The audience in ID Token [${found}] does not match the expected audience.`)
const NOT_MET: Wire = [400, 'unauthorized_client', 'The given credential is rejected by the attribute condition.']
const NO_SUBJECT: Wire = [
  400,
  'unauthorized_client',
  'Could not obtain a value for google.subject from the given credential.',
]
const LONG_SUBJECT: Wire = [
  400,
  'invalid_request',
  /^The size of mapped attribute google\.subject exceeds the 127 bytes limit\./,
]

const SHAPES: readonly Row[] = [
  ['two parts', { token: (good) => good.split('.').slice(0, 2).join('.') }, NO_TOKEN],
  ['four parts', { token: (good) => `${good}.x` }, NO_TOKEN],
  ['no JSON in it', { token: () => 'ya29.opaque' }, NO_TOKEN],
  ['a time as text', claims({ exp: '2100-01-01T00:00:00Z' }), NO_TOKEN],
  ['no iss', claims({ iss: undefined }), issuer(/null/)],
  ['no aud', claims({ aud: undefined }), audience('')],
  ['no exp', claims({ exp: undefined }), STALE],
  ['no iat', claims({ iat: undefined }), grant('ID Token issued at null is stale to sign-in.')],
]

const SIGNATURES: readonly Row[] = [
  ['alg none', { token: unsigned }, algorithm('none')],
  ['HS256 under a shared secret', { token: hs256 }, algorithm('HS256')],
  ['RS384', { header: { alg: 'RS384' } }, algorithm('RS384')],
  ['PS256', { header: { alg: 'PS256' } }, algorithm('PS256')],
  ['ES256 under a kid of an RSA key', { token: es256 }, NO_ISSUER],
  ['no kid', { header: { kid: undefined } }, NO_ISSUER],
  ['an unknown kid', { header: { kid: 'k99' } }, NO_ISSUER],
  ['another key under the same kid', { token: byAnotherKey }, NO_SIGNATURE],
  ['a changed claim', { token: changed({ sub: 'jit:prod-db:mallory' }) }, NO_SIGNATURE],
]

const ISSUERS_AND_AUDIENCES: readonly Row[] = [
  ['a stranger', { token: byStranger }, issuer(/http:\/\/127\.0\.0\.1:\d+/)],
  [
    'an issuer with a slash more',
    ({ issuer: { url } }) => claims({ iss: `${url}/` }),
    issuer(/http:\/\/127\.0\.0\.1:\d+\//),
  ],
  ['another audience', claims({ aud: 'sts.amazonaws.com' }), audience('sts.amazonaws.com')],
  ['another provider', claims({ aud: `${AUDIENCE}-2` }), audience(`${AUDIENCE}-2`)],
  ['http for https', claims({ aud: `http:${AUDIENCE}` }), audience(`http:${AUDIENCE}`)],
  ['several audiences', claims({ aud: [AUDIENCE, 'api.example'] }), audience(`${AUDIENCE}, api.example`)],
]

const TIMES: readonly Row[] = [
  ['exp more than a minute ago', at(-62, (exp) => ({ exp })), STALE],
  ['iat two minutes ahead', at(120, (iat) => ({ iat, exp: iat + 60 })), STALE],
  ['nbf two minutes ahead', at(120, (nbf) => ({ nbf })), grant(/^ID Token is not valid before \d{10}\.$/)],
  [
    '48 hours from iat to exp',
    at(0, (iat) => ({ iat, exp: iat + 48 * 3600 })),
    grant('ID Token lives for 48 hours or longer.'),
  ],
]

const CONDITION: readonly Row[] = [
  ['a target that is not among its own', claims(targetClaims('root')), NOT_MET],
  ['the target of another sub', claims({ jit: { target: 'staging-db' } }), NOT_MET],
  ['a sub that only begins like its own', claims({ sub: 'jit:prod-db-2:alice' }), NOT_MET],
  ['no sub', claims({ sub: undefined }), NOT_MET],
  ['no target', claims({ jit: undefined }), NOT_MET],
  [
    'a target that is no text',
    claims({ jit: { target: ['prod-db'] } }),
    unsupported('attribute.target mapped to anything but a text'),
  ],
]

/** Where no condition asks first. */
const MAPPED: readonly Row[] = [
  ['no sub', claims({ sub: undefined }), NO_SUBJECT],
  ['an empty sub', claims({ sub: '' }), NO_SUBJECT],
  ['a sub of 128 bytes', claims({ sub: 's'.repeat(128) }), LONG_SUBJECT],
  ['a sub of 64 letters that are 128 bytes', claims({ sub: 'ä'.repeat(64) }), LONG_SUBJECT],
  ['a sub that is no text', claims({ sub: 7 }), unsupported('google.subject mapped to anything but a text')],
  [
    'attributes of more than 8 KB',
    claims({ jit: { target: 't'.repeat(8192) } }),
    [400, 'invalid_request', /exceed the 8192 bytes limit/],
  ],
]

describe('the token service refuses a token with', () => {
  testRefusals(SHAPES)
})
describe('the token service refuses a token signed with', () => {
  testRefusals(SIGNATURES)
})
describe('the token service refuses a token for or from', () => {
  testRefusals(ISSUERS_AND_AUDIENCES)
})
describe('the token service refuses a token with', () => {
  testRefusals(TIMES)
})
describe('the condition admits nobody with', () => {
  testRefusals(CONDITION)
})
describe('the mapping admits nobody with', () => {
  testRefusals(MAPPED, () => startWorld({ provider: { attributeCondition: undefined } }))
})
describe('without tolerance the token service refuses a token', () => {
  testRefusals([['the second after its exp', at(-1, (exp) => ({ exp })), STALE]], () =>
    startWorld({ more: { toleranceSeconds: 0 } }),
  )
})
