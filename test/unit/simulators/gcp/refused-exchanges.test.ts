import { describe } from 'vitest'
import { POOL, PROJECT_NUMBER, PROVIDER } from '../../../support/gcp-organisation.ts'
import { type Defect, invalid, type Row, testRefusals, unsupported, type Wire } from './refusals.ts'

const TYPE = 'urn:ietf:params:oauth:token-type:'
const without = (name: string): Defect => ({ parameters: { [name]: undefined } })
const missing = (name: string): Wire => invalid(`Missing required parameter: ${name}`)
const audience = (text: string): Defect => ({ parameters: { audience: `//iam.googleapis.com/${text}` } })
const NO_AUDIENCE = invalid(/^Invalid value for "audience"\. This value should be the full resource name/)
const NO_TARGET: Wire = [
  400,
  'invalid_target',
  /^The target service indicated by the "audience" parameters is invalid\./,
]

const PARAMETERS: readonly Row[] = [
  ['no grant type', without('grant_type'), missing('grant_type')],
  [
    'another grant type',
    { parameters: { grant_type: 'client_credentials' } },
    [400, 'unsupported_grant_type', 'The grant type is not supported.'],
  ],
  ['no audience', without('audience'), missing('audience')],
  ['no scope', without('scope'), missing('scope')],
  ['an empty scope', { parameters: { scope: '' } }, missing('scope')],
  ['no subject token', without('subject_token'), missing('subject_token')],
  ['no subject token type', without('subject_token_type'), missing('subject_token_type')],
  ['no requested token type', without('requested_token_type'), missing('requested_token_type')],
  [
    'an id token requested',
    { parameters: { requested_token_type: `${TYPE}id_token` } },
    invalid('Invalid value for "requested_token_type".'),
  ],
  [
    'a subject token of a made-up type',
    { parameters: { subject_token_type: 'jwt' } },
    invalid('Invalid value for "subject_token_type".'),
  ],
  [
    'an Authorization header',
    { headers: { authorization: 'Bearer ya29.x' } },
    [401, 'invalid_client', /^An Authorization header is not accepted/],
  ],
  [
    'userProject, which is for workforce pools',
    { parameters: { options: '{"userProject":"acme-prod"}' } },
    invalid(/^Invalid value for "options"\. "userProject" is only supported/),
  ],
  ['options that are no object', { parameters: { options: 'x' } }, invalid('Invalid value for "options".')],
  [
    'a parameter twice',
    { change: (good) => ({ ...good, body: `${good.body}&scope=openid` }) },
    invalid('The parameter scope is repeated'),
  ],
  [
    'neither a form nor JSON',
    { headers: { 'content-type': 'text/plain' } },
    invalid('The request is neither a form nor JSON'),
  ],
]

const AUDIENCES: readonly Row[] = [
  [
    'the https form, which only tokens may have',
    { parameters: { audience: `https://iam.googleapis.com/${PROVIDER}` } },
    NO_AUDIENCE,
  ],
  ['no host', { parameters: { audience: PROVIDER } }, NO_AUDIENCE],
  ['a pool without a provider', audience(POOL), NO_AUDIENCE],
  ["the project's id instead of its number", audience(PROVIDER.replace(PROJECT_NUMBER, 'acme-prod')), NO_AUDIENCE],
  ['another project', audience(PROVIDER.replace(PROJECT_NUMBER, '999')), NO_TARGET],
  ['another pool', audience(PROVIDER.replace('jit-pool', 'other-pool')), NO_TARGET],
  ['another provider', audience(PROVIDER.replace('jit-endpoint', 'elsewhere')), NO_TARGET],
]

const UNKNOWN: readonly Row[] = [
  [
    'a SAML assertion',
    { parameters: { subject_token_type: `${TYPE}saml2` } },
    unsupported(`the subject_token_type ${TYPE}saml2`),
  ],
  [
    'a Google access token',
    { parameters: { subject_token_type: `${TYPE}access_token` } },
    unsupported(`the subject_token_type ${TYPE}access_token`),
  ],
  [
    'an access boundary',
    { parameters: { options: '{"accessBoundary":{}}' } },
    unsupported('the option accessBoundary of a token exchange'),
  ],
  [
    'a parameter more',
    { parameters: { actor_token: 'x' } },
    unsupported('the parameter actor_token of a token exchange'),
  ],
  [
    'another scope than the services have',
    { parameters: { scope: 'https://www.googleapis.com/auth/bigquery' } },
    unsupported('the scope https://www.googleapis.com/auth/bigquery'),
  ],
  ['a workforce pool', audience('locations/global/workforcePools/p/providers/x'), unsupported('workforce pools')],
  [
    'another address',
    { change: (good) => ({ ...good, path: '/v1/introspect' }) },
    unsupported('POST /v1/introspect of sts.googleapis.com'),
  ],
]

describe('the token service refuses an exchange with', () => {
  testRefusals(PARAMETERS)
})
describe('the token service refuses an audience with', () => {
  testRefusals(AUDIENCES)
})
describe('the simulator says that it cannot judge', () => {
  testRefusals(UNKNOWN)
})
describe.each(['disabled', 'deleted'] as const)('a %s provider or pool', (state) => {
  const rows: readonly Row[] = [
    ['provider', ({ gcp }) => (gcp.setState(PROVIDER, state), {}), NO_TARGET],
    ['pool', ({ gcp }) => (gcp.setState(PROVIDER, 'active'), gcp.setState(POOL, state), {}), NO_TARGET],
  ]
  for (const row of rows)
    describe('exchanges nothing', () => {
      testRefusals([row])
    })
})
