import type { ProfileContent } from '../../src/client/sinks/formats/az-profile.ts'
import type { TokenCacheContent } from '../../src/client/sinks/formats/az-token-cache.ts'
import type { NewEntry } from '../../src/client/sinks/formats/types.ts'

/** A GUID that is easy to tell from others: one digit all through. */
export const guid = (digit: number | string): string =>
  '11111111-1111-1111-1111-111111111111'.replaceAll('1', String(digit))

export const TENANT = guid(7)
/** `eyJ…`, as Entra's tokens begin; one for each number. */
export const accessToken = (number: number): string =>
  `eyJhbGciOiJub25lIn0.eyJncmFudCI6${number}fQ.signature-of-${number}`

const entry = (number: number, content: unknown, profile = `jit-target-${number}`): NewEntry => ({
  lease: `g_${number}`,
  profile,
  expiresAt: 2_000_000_000 + number,
  content: JSON.stringify(content),
})

/** Entries of grant `number`, each under a service principal and a subscription of its own. */
export const profileEntry = (number: number, more: Partial<ProfileContent> = {}, profile?: string): NewEntry =>
  entry(
    number,
    { id: guid(number), clientId: guid('abcdef'[number] ?? 'a'), tenantId: TENANT, asDefault: false, ...more },
    profile,
  )

export const principalEntry = (number: number, profile?: string): NewEntry =>
  entry(number, { clientId: guid('abcdef'[number] ?? 'a'), tenantId: TENANT }, profile)

export const tokenEntry = (number: number, more: Partial<TokenCacheContent> = {}, profile?: string): NewEntry =>
  entry(
    number,
    {
      clientId: guid('abcdef'[number] ?? 'a'),
      tenantId: TENANT,
      tokens: [{ target: `${ARM}/.default ${ARM}//.default`, secret: accessToken(number), expiresOn: 2_000_000_300 }],
      ...more,
    },
    profile,
  )

const ARM = 'https://management.azure.com'

export const subscription = (id: string, name: string, isDefault = false, more: object = {}) => ({
  id,
  name,
  state: 'Enabled',
  user: { name: 'alice@corp.example', type: 'user' },
  isDefault,
  tenantId: TENANT,
  environmentName: 'AzureCloud',
  homeTenantId: TENANT,
  managedByTenants: [],
  ...more,
})

/** What `az login` leaves for a person. */
export const aliceCache = {
  AccessToken: {
    [`oid.${TENANT}-login.microsoftonline.com-accesstoken-04b07795-8ddb-461a-bbee-02f9e1bf7b46-${TENANT}-scope`]: {
      credential_type: 'AccessToken',
      secret: 'eyJ0eXAiOiJKV1QifQ.alice-has-her-own.token-of-hers',
      home_account_id: `oid.${TENANT}`,
      environment: 'login.microsoftonline.com',
      client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
      target: 'scope',
      realm: TENANT,
      token_type: 'Bearer',
      cached_at: '1900000000',
      expires_on: '1900003600',
      extended_expires_on: '1900003600',
    },
  },
  Account: {
    [`oid.${TENANT}-login.microsoftonline.com-${TENANT}`]: {
      home_account_id: `oid.${TENANT}`,
      environment: 'login.microsoftonline.com',
      realm: TENANT,
      local_account_id: 'oid',
      username: 'alice@corp.example',
      authority_type: 'MSSTS',
    },
  },
  AppMetadata: {
    'appmetadata-login.microsoftonline.com-04b07795-8ddb-461a-bbee-02f9e1bf7b46': {
      client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
      environment: 'login.microsoftonline.com',
      family_id: '1',
    },
  },
}
