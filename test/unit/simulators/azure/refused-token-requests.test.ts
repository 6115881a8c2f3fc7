import { describe } from 'vitest'
import { CLIENT, FOREIGN_CLIENT, IDLE_CLIENT, OTHER_TENANT } from '../../../support/azure-account.ts'
import { type Defect, type Row, testRefusals, unsupported, type Wire } from './world.ts'

const form = (changes: Readonly<Record<string, string | undefined>>): Defect => ({ form: changes })
const missing = (name: string): Wire => [
  400,
  'invalid_request',
  900144,
  `The request body must contain the following parameter: '${name}'.`,
]
const unknownApplication = (client: string, directory: string): Wire => [
  400,
  'unauthorized_client',
  700016,
  `Application with identifier '${client}' was not found in the directory '${directory}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
]
const noDefault = (scope: string): Wire => [
  400,
  'invalid_scope',
  1002012,
  `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
]
const noResource = (resource: string): Wire => [
  400,
  'invalid_resource',
  500011,
  `The resource principal named ${resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
]
const NOBODY = 'bbbbbbbb-0000-4000-8000-00000000000f'
const NO_TENANT = '33333333-3333-4333-8333-333333333333'

const PARAMETERS: readonly Row[] = [
  ['no grant_type', form({ grant_type: undefined }), missing('grant_type')],
  ['no client_id', form({ client_id: undefined }), missing('client_id')],
  ['no scope', form({ scope: undefined }), missing('scope')],
  ['no client_assertion_type', form({ client_assertion_type: undefined }), missing('client_assertion_type')],
  [
    'no assertion',
    form({ client_assertion: undefined }),
    [
      401,
      'invalid_client',
      7000216,
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    ],
  ],
  [
    'a client secret, which nobody has',
    form({ client_secret: 'x', client_assertion: undefined }),
    [
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${CLIENT}'.`,
    ],
  ],
  [
    'a grant that nobody knows',
    form({ grant_type: 'implicit' }),
    [400, 'unsupported_grant_type', 70003, "The app requested an unsupported grant type 'implicit'."],
  ],
  ['JSON instead of a form', { call: { headers: { 'content-type': 'application/json' } } }, missing('grant_type')],
  [
    'PUT',
    { call: { method: 'PUT' } },
    [400, 'invalid_request', 900561, 'The endpoint only accepts POST, OPTIONS requests. Received a PUT request.'],
  ],
]

const PARTIES: readonly Row[] = [
  ['an unknown application', form({ client_id: NOBODY }), unknownApplication(NOBODY, 'Corp')],
  ['an application of another tenant', form({ client_id: FOREIGN_CLIENT }), unknownApplication(FOREIGN_CLIENT, 'Corp')],
  ['the tenant next door', { tenant: OTHER_TENANT }, unknownApplication(CLIENT, 'Other')],
  [
    'an application that trusts another subject',
    form({ client_id: IDLE_CLIENT }),
    [401, 'invalid_client', 700213, /No matching federated identity record found .* subject 'jit:prod-db'.*/],
  ],
  [
    'an unknown tenant',
    { tenant: NO_TENANT },
    [400, 'invalid_tenant', 90002, new RegExp(`Tenant '${NO_TENANT}' not found\\. Check to make sure .*`)],
  ],
  [
    'no tenant by its form',
    { tenant: 'corp' },
    [
      400,
      'invalid_request',
      900023,
      "Specified tenant identifier 'corp' is neither a valid DNS name, nor a valid external domain.",
    ],
  ],
]

const SCOPES: readonly Row[] = [
  [
    'a permission by name',
    form({ scope: 'https://management.azure.com/user_impersonation' }),
    noDefault('https://management.azure.com/user_impersonation'),
  ],
  ['the resource alone', form({ scope: 'https://management.azure.com' }), noDefault('https://management.azure.com')],
  [
    '.default in other letters',
    form({ scope: 'https://vault.azure.net/.Default' }),
    noDefault('https://vault.azure.net/.Default'),
  ],
  [
    'OpenID scopes beside it',
    form({ scope: 'https://vault.azure.net/.default openid' }),
    noDefault('https://vault.azure.net/.default openid'),
  ],
  [
    'two resources',
    form({ scope: 'https://vault.azure.net/.default https://graph.microsoft.com/.default' }),
    [
      400,
      'invalid_scope',
      28000,
      'Provided value for the input parameter scope is not valid because it contains more than one resource. Scope https://vault.azure.net/.default https://graph.microsoft.com/.default is not valid.',
    ],
  ],
  [
    'a resource nobody has',
    form({ scope: 'https://api.corp.example/.default' }),
    noResource('https://api.corp.example'),
  ],
  ['a misspelt resource', form({ scope: 'https://vaults.azure.net/.default' }), noResource('https://vaults.azure.net')],
]

const UNKNOWN: readonly Row[] = [
  [
    'a parameter',
    form({ resource: 'https://vault.azure.net' }),
    unsupported('the parameter resource of a token request'),
  ],
  ['another grant of Entra', form({ grant_type: 'refresh_token' }), unsupported('the grant refresh_token')],
  [
    'another type of assertion',
    form({ client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }),
    unsupported('the client_assertion_type urn:ietf:params:oauth:client-assertion-type:saml2-bearer'),
  ],
  [
    'a claims request',
    form({ claims: '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}' }),
    unsupported('these claims of a token request'),
  ],
  ['claims that are no JSON', form({ claims: '{' }), unsupported('these claims of a token request')],
  ['everybody’s tenant', { tenant: 'organizations' }, unsupported('the tenant organizations')],
]

describe('Entra refuses a request with', () => {
  testRefusals(PARAMETERS)
})
describe('Entra refuses a request for', () => {
  testRefusals(PARTIES)
})
describe('Entra refuses a scope that is', () => {
  testRefusals(SCOPES)
})
describe('the simulator refuses what it cannot judge:', () => {
  testRefusals(UNKNOWN)
})
