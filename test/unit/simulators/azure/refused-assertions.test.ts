import { describe } from 'vitest'
import { FOREIGN_SUBJECT, grantClaims, IDLE_SUBJECT, SUBJECT } from '../../../support/azure-account.ts'
import { forgeries } from '../../../support/forgeries.ts'
import { type Defect, type Row, testRefusals, type Wire } from './world.ts'

const { byAnotherKey, byStranger, changed, es256, hs256, unsigned } = forgeries((issuer) =>
  grantClaims(issuer, Date.now()),
)
const without = (claim: string): Defect => ({ claims: { [claim]: undefined } })
const ahead = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
const HELP = 'https://learn.microsoft.com/entra/workload-id/workload-identity-federation'

const MALFORMED: Wire = [400, 'invalid_request', 50027, 'JWT token is invalid or malformed.']
const algorithm = (alg: string): Wire => [
  400,
  'invalid_request',
  5002738,
  `Invalid JWT token. '${alg}' is not a supported signature algorithm. Supported signing algorithms are: 'RS256'`,
]
const noRecord = (code: number, what: string, value: string): Wire => [
  401,
  'invalid_client',
  code,
  `No matching federated identity record found for presented assertion ${what} '${value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${HELP}`,
]
const noIssuer = (url: RegExp): Wire => [
  401,
  'invalid_client',
  700211,
  new RegExp(
    `No matching federated identity record found for presented assertion issuer '${url.source}'\\. Check your .*`,
  ),
]
const badSignature = (reason: string): Wire => [
  401,
  'invalid_client',
  700027,
  `Client assertion contains an invalid signature. [Reason - ${reason}]`,
]
const NO_KEY = badSignature('The key was not found.')
const NO_MATCH = badSignature('The signature does not verify.')
const OUT_OF_TIME: Wire = [
  401,
  'invalid_client',
  700024,
  /Client assertion is not within its valid time range\. Current time: \d{4}-\d\d-\d\dT[\d:.]{16}Z, assertion valid from \d{4}-\d\d-\d\dT[\d:.]{16}Z, expiry time of assertion \d{4}-\d\d-\d\dT[\d:.]{16}Z\. Review the documentation at .*/,
]

const SHAPES: readonly Row[] = [
  ['two parts', { assertion: (good) => good.split('.').slice(0, 2).join('.') }, MALFORMED],
  ['four parts', { assertion: (good) => `${good}.x` }, MALFORMED],
  ['no JSON in it', { assertion: () => 'opaque-access-token' }, MALFORMED],
  ['no iss', without('iss'), MALFORMED],
  ['no sub', without('sub'), MALFORMED],
  ['no aud', without('aud'), MALFORMED],
  ['no exp', without('exp'), MALFORMED],
  ['a time as text', { claims: { exp: '2100-01-01T00:00:00Z' } }, MALFORMED],
]

const SIGNATURES: readonly Row[] = [
  ['alg none', { assertion: unsigned }, algorithm('none')],
  ['HS256 under a shared secret', { assertion: hs256 }, algorithm('HS256')],
  ['RS384', { header: { alg: 'RS384' } }, algorithm('RS384')],
  ['PS256', { header: { alg: 'PS256' } }, algorithm('PS256')],
  ['ES256, which AWS, Google and Kubernetes take', { assertion: es256 }, algorithm('ES256')],
  ['no kid', { header: { kid: undefined } }, NO_KEY],
  ['an unknown kid', { header: { kid: 'k99' } }, NO_KEY],
  ['another key under the same kid', { assertion: byAnotherKey }, NO_MATCH],
  ['a changed claim', { assertion: changed({ jti: 'j-2' }) }, NO_MATCH],
]

const MATCHES: readonly Row[] = [
  ['an issuer that nobody registered', { assertion: byStranger }, noIssuer(/http:\/\/127\.0\.0\.1:\d+/)],
  [
    'an issuer with a slash more',
    ({ issuer }) => ({ claims: { iss: `${issuer.url}/` } }),
    noIssuer(/http:\/\/127\.0\.0\.1:\d+\//),
  ],
  [
    'an issuer in other letters',
    ({ issuer }) => ({ claims: { iss: issuer.url.replace('http', 'HTTP') } }),
    noIssuer(/HTTP:\/\/127\.0\.0\.1:\d+/),
  ],
  ['another subject', { claims: { sub: 'jit:prod-web' } }, noRecord(700213, 'subject', 'jit:prod-web')],
  [
    'a subject in other letters',
    { claims: { sub: 'jit:Prod-DB' } },
    [
      401,
      'invalid_client',
      7002138,
      /No matching federated identity record found for presented assertion subject 'jit:Prod-DB'\. The subject matches with case-insensitive comparison, but not with case-sensitive comparison\. Check your .*/,
    ],
  ],
  ['a subject with a blank more', { claims: { sub: `${SUBJECT} ` } }, noRecord(700213, 'subject', `${SUBJECT} `)],
  ['a longer subject', { claims: { sub: `${SUBJECT}:g_1` } }, noRecord(700213, 'subject', `${SUBJECT}:g_1`)],
  ['the subject of another application', { claims: { sub: IDLE_SUBJECT } }, noRecord(700213, 'subject', IDLE_SUBJECT)],
  [
    'the subject of an application of another tenant',
    { claims: { sub: FOREIGN_SUBJECT } },
    noRecord(700213, 'subject', FOREIGN_SUBJECT),
  ],
  ['another audience', { claims: { aud: 'sts.amazonaws.com' } }, noRecord(700212, 'audience', 'sts.amazonaws.com')],
  [
    'an audience in other letters',
    { claims: { aud: 'api://azureadtokenexchange' } },
    noRecord(700212, 'audience', 'api://azureadtokenexchange'),
  ],
  [
    'an audience with a slash more',
    { claims: { aud: 'api://AzureADTokenExchange/' } },
    noRecord(700212, 'audience', 'api://AzureADTokenExchange/'),
  ],
  [
    'two audiences, of which one is right',
    { claims: { aud: ['api://AzureADTokenExchange', 'sts.amazonaws.com'] } },
    noRecord(700212, 'audience', 'api://AzureADTokenExchange, sts.amazonaws.com'),
  ],
  ['no audience at all', { claims: { aud: [] } }, noRecord(700212, 'audience', '')],
]

const TIMES: readonly Row[] = [
  ['exp this second', () => ({ claims: { exp: ahead(0) } }), OUT_OF_TIME],
  ['exp an hour ago', () => ({ claims: { exp: ahead(-3600) } }), OUT_OF_TIME],
  ['nbf half a minute ahead', () => ({ claims: { nbf: ahead(30) } }), OUT_OF_TIME],
]

describe('Entra refuses an assertion with', () => {
  testRefusals(SHAPES)
})
describe('Entra refuses an assertion signed with', () => {
  testRefusals(SIGNATURES)
})
describe('Entra refuses an assertion for or from', () => {
  testRefusals(MATCHES)
})
describe('Entra refuses an assertion with', () => {
  testRefusals(TIMES)
})
