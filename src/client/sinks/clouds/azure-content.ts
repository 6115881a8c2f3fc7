import type { JitError } from '../../../base/errors.ts'
import type { AzureCredential, AzureToken } from '../../../contract/credential.ts'
import { cloudsLine } from '../formats/az-clouds.ts'
import type { ProfileContent } from '../formats/az-profile.ts'
import type { CachedToken, Principal, TokenCacheContent } from '../formats/az-token-cache.ts'
import { unsafeValue } from '../unsafe-value.ts'
import type { Delivery, FileContent } from './types.ts'

/** MSAL does not use a token in its last five minutes. */
const MSAL_MARGIN_SECONDS = 300
const ARM = ['https://management.azure.com', 'https://management.core.windows.net']

/** What goes into the files of `az`: the token itself first, what leads to it behind it. */
export type AzureContents = {
  readonly tokenCache: FileContent
  readonly servicePrincipals: FileContent
  readonly profile: FileContent
  readonly clouds: FileContent
}

export function azureContents({ credential, asDefault, endsAt }: Delivery<AzureCredential>): AzureContents {
  const { clientId, tenantId, subscriptionId: id, tokens } = credential
  assertSafe(credential)
  const principal: Principal = { clientId, tenantId }
  const until = Math.floor(Math.min(Date.parse(credential.notAfter), endsAt) / 1000) + MSAL_MARGIN_SECONDS
  const cache: TokenCacheContent = { ...principal, tokens: tokens.map((token) => cached(token, until)) }
  const profile: ProfileContent = { id, ...principal, asDefault }
  return {
    tokenCache: { content: JSON.stringify(cache), secrets: tokens.map(({ accessToken }) => accessToken) },
    servicePrincipals: { content: JSON.stringify(principal), secrets: [] },
    profile: { content: JSON.stringify(profile), secrets: [] },
    clouds: { content: '', secrets: [cloudsLine(id)] },
  }
}

/** As late as MSAL must believe in to use the token until `until`, and never later than Entra says. */
const cached = ({ resource, accessToken, expiresOn }: AzureToken, until: number): CachedToken => ({
  target: scopesOf(resource).join(' '),
  secret: accessToken,
  expiresOn: Math.min(Math.floor(Date.parse(expiresOn) / 1000), until),
})

/**
 * `az` asks for a resource as it is spelt in its own settings, mostly with a slash at the end, and SDKs without; Resource Manager
 * has two names besides. MSAL takes a token for any scope in its list.
 */
function scopesOf(resource: string): readonly string[] {
  const name = resource.replace(/\/+$/, '')
  const names = ARM.includes(name) ? ARM : [name]
  return names.flatMap((each) => [`${each}/.default`, `${each}//.default`])
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TOKEN = /^[\w.~+/-]{16,65536}$/
const RESOURCE = /^[a-z]{3,5}:\/\/[\w./:-]{1,300}$/

/** The first token is Resource Manager's, or `az` could not list a thing. */
function assertSafe({ clientId, tenantId, subscriptionId, tokens }: AzureCredential): void {
  for (const [name, value] of Object.entries({ clientId, tenantId, subscriptionId }))
    if (!GUID.test(value)) throw unsafe(name)
  if (!ARM.includes(tokens[0]?.resource.replace(/\/+$/, '') ?? '')) throw unsafe('the first resource')
  for (const { resource, accessToken } of tokens) {
    if (!RESOURCE.test(resource)) throw unsafe('a resource')
    if (!TOKEN.test(accessToken)) throw unsafe('an access token')
  }
}

const unsafe = (what: string): JitError => unsafeValue(what, 'the files of az')
