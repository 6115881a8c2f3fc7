import { append, type Json, removeAt, replaceAt, spanAt, textAt, valueAt } from '../../../base/json-splice.ts'
import { holdsSecret, type IsSecret } from '../../../base/unmarked-secrets.ts'
import { bytesOf, grafted, isRecord, readAzFile, readContent, readIfWhole, same, taken, unreadable } from './az-json.ts'
import { addRecord, type AzRecord, recordsIn, removeRecords, tornRecord } from './az-record.ts'
import type { Format, Found } from './types.ts'

/** `target`: scopes, separated by blanks. `expiresOn`: Unix seconds; MSAL lets go of a token five minutes before. */
export type CachedToken = { readonly target: string; readonly secret: string; readonly expiresOn: number }
export type TokenCacheContent = Principal & { readonly tokens: readonly CachedToken[] }
export type Principal = { readonly clientId: string; readonly tenantId: string }

const ENVIRONMENT = 'login.microsoftonline.com'
const TOKENS = 'AccessToken'
const METADATA = 'AppMetadata'
/** Longer than an access token lives (28 h under continuous evaluation): only read to notice a clock that was set back. */
const CACHED_BEFORE_SECONDS = 30 * 3600

/**
 * `msal_token_cache.json`: access tokens of a service principal, as MSAL writes them (unified cache schema). What `az` adds for the
 * same principal, when a command needs another resource, is ours too and goes with the lease.
 */
export const azTokenCache: Format = {
  name: 'az-token-cache',
  secret: true,
  check(path, bytes, { profile, content }) {
    const { json } = readAzFile(bytes, '{}', path)
    assertCache(json, path)
    if (content !== undefined) assertFree(json, profile, readContent(content, isContent))
  },
  find(bytes) {
    const json = readIfWhole(bytes)
    return json === undefined ? tornIn(bytes) : recordsIn(json).map((record) => foundOf(json, record))
  },
  insert(bytes, { content, ...entry }) {
    const before = azTokenCache.remove(bytes, (old) => old.lease === entry.lease || old.profile === entry.profile)
    const { json, wasEmpty } = readAzFile(before, '{}')
    assertCache(json)
    const wanted = readContent(content, isContent)
    assertFree(json, entry.profile, wanted)
    return bytesOf(withTokens(json, entry, wanted, wasEmpty))
  },
  remove: (bytes, pick) => removeRecords(bytes, (record, json) => pick(foundOf(json, record)), withoutEntry),
  removeUnmarked(bytes, _ours, isSecret) {
    const json = readIfWhole(bytes)
    const keys = json === undefined ? [] : unmarkedKeys(json, isSecret)
    return json === undefined || keys.length === 0 ? bytes : bytesOf(withoutKeys(json, keys))
  },
  holdsSecret,
  graft: (theirs, current) =>
    grafted(theirs, current, recordsIn, withoutOurs, (bytes, record, from) => {
      const { json, wasEmpty } = readAzFile(bytes, '{}')
      return withTokens(json, record, contentOf(from, record), wasEmpty)
    }),
  lockFile: (path) => `${path}.lockfile`,
}

const withoutOurs = (bytes: Buffer): Buffer => azTokenCache.remove(bytes, () => true)

const foundOf = (json: Json, record: AzRecord): Found => ({
  lease: record.lease,
  expiresAt: record.expiresAt,
  profile: record.profile,
  secrets: keysOf(json, principalOf(record)).flatMap((key) => spanAt(json, [TOKENS, key, 'secret']) ?? []),
})

function tornIn(bytes: Buffer): readonly Found[] {
  const torn = tornRecord(bytes)
  if (torn === undefined) return []
  const { lease, expiresAt, profile } = torn.record
  return [{ lease, expiresAt, profile, secrets: [{ start: torn.from, end: bytes.length }] }]
}

const principalOf = ({ more }: AzRecord): Principal => ({
  clientId: String(more['clientId']),
  tenantId: String(more['tenantId']),
})

const isContent = (value: unknown): value is TokenCacheContent =>
  isRecord(value) && typeof value['clientId'] === 'string' && Array.isArray(value['tokens'])

function assertCache(json: Json, path?: string): void {
  const root = valueAt(json, [])
  if (!isRecord(root)) throw unreadable(path ?? 'its token cache', 'it is not an object')
  if (json.text.startsWith('\uFEFF')) throw unreadable(path ?? 'its token cache', 'it starts with a byte order mark')
  for (const section of [TOKENS, METADATA])
    if (root[section] !== undefined && !isRecord(root[section]))
      throw unreadable(path ?? 'its token cache', `${section} is not an object`)
}

/** What of the cache belongs to this service principal. Users have a home account, service principals none. */
const keysOf = (json: Json, { clientId, tenantId }: Principal): readonly string[] =>
  tokens(json)
    .filter(
      ([, token]) =>
        same(token['client_id'], clientId) && same(token['realm'], tenantId) && (token['home_account_id'] ?? '') === '',
    )
    .map(([key]) => key)

function tokens(json: Json): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  const all = valueAt(json, [TOKENS])
  return isRecord(all)
    ? Object.entries(all).flatMap(([key, token]) => (isRecord(token) ? [[key, token] as const] : []))
    : []
}

/** Tokens of one principal cannot be told apart, whoever asked for them. */
function assertFree(json: Json, profile: string, wanted: Principal): void {
  if (keysOf(json, wanted).length === 0) return
  const owner = recordsIn(json).find((record) => isPrincipal(principalOf(record), wanted))
  if (owner?.profile === profile) return
  throw taken(
    owner === undefined
      ? `The Azure CLI holds tokens of your own for service principal ${wanted.clientId}, which this grant uses too`
      : `Grant ${owner.lease} (${owner.profile}) uses the same service principal in the files of az`,
  )
}

const isPrincipal = (a: Principal, b: Principal): boolean =>
  same(a.clientId, b.clientId) && same(a.tenantId, b.tenantId)

function withTokens(
  json: Json,
  { lease, expiresAt, profile }: Pick<AzRecord, 'lease' | 'expiresAt' | 'profile'>,
  { clientId, tenantId, tokens: wanted }: TokenCacheContent,
  wasEmpty: boolean,
): Json {
  const made = [TOKENS, METADATA].filter((section) => textAt(json, [section]) === undefined)
  let next = made.reduce((at, section) => append(at, [], '{}', section), json)
  for (const token of wanted) {
    const entry = tokenEntry({ clientId, tenantId }, token)
    next = put(next, TOKENS, keyOf(entry), entry)
  }
  const metadata = metadataKey(clientId)
  const more = { clientId, tenantId, metadata: textAt(json, [METADATA, metadata]) === undefined }
  if (more.metadata) next = put(next, METADATA, metadata, { client_id: clientId, environment: ENVIRONMENT })
  return addRecord(next, { lease, expiresAt, profile, more }, made, wasEmpty)
}

function put(json: Json, section: string, key: string, value: unknown): Json {
  const text = JSON.stringify(value)
  return textAt(json, [section, key]) === undefined
    ? append(json, [section], text, key)
    : replaceAt(json, [section, key], text)
}

const metadataKey = (clientId: string): string => `appmetadata-${ENVIRONMENT}-${clientId}`

const tokenEntry = ({ clientId, tenantId }: Principal, { target, secret, expiresOn }: CachedToken) => ({
  credential_type: TOKENS,
  secret,
  home_account_id: null,
  environment: ENVIRONMENT,
  client_id: clientId,
  target,
  realm: tenantId,
  token_type: 'Bearer',
  cached_at: String(expiresOn - CACHED_BEFORE_SECONDS),
  expires_on: String(expiresOn),
  extended_expires_on: String(expiresOn),
})

/** MSAL looks a token up under this key first, and by its members where there is none. */
const keyOf = (entry: ReturnType<typeof tokenEntry>): string =>
  ['', entry.environment, TOKENS, entry.client_id, entry.realm, entry.target].join('-').toLowerCase()

function withoutEntry(json: Json, record: AzRecord): Json {
  const principal = principalOf(record)
  const rest = withoutKeys(json, keysOf(json, principal))
  const metadata = [METADATA, metadataKey(principal.clientId)]
  return record.more['metadata'] === true && textAt(rest, metadata) !== undefined ? removeAt(rest, metadata) : rest
}

const withoutKeys = (json: Json, keys: readonly string[]): Json =>
  keys.reduceRight((at, key) => removeAt(at, [TOKENS, key]), json)

/** Tokens that are secrets looked for, with those of the same principal unless a live record names it. */
function unmarkedKeys(json: Json, isSecret: IsSecret): readonly string[] {
  const alive = recordsIn(json).map(principalOf)
  const found = tokens(json).filter(([, { secret }]) => typeof secret === 'string' && isSecret(secret))
  const beside = found.flatMap(([, token]) => {
    const principal = { clientId: String(token['client_id']), tenantId: String(token['realm']) }
    return alive.some((each) => isPrincipal(each, principal)) ? [] : keysOf(json, principal)
  })
  const gone = new Set([...found.map(([key]) => key), ...beside])
  return tokens(json).flatMap(([key]) => (gone.has(key) ? [key] : []))
}

function contentOf(json: Json, record: AzRecord): TokenCacheContent {
  const principal = principalOf(record)
  const wanted = keysOf(json, principal).map((key) => {
    const token = valueAt(json, [TOKENS, key])
    const { target, secret, expires_on: expiresOn } = isRecord(token) ? token : {}
    return { target: String(target), secret: String(secret), expiresOn: Number(expiresOn) }
  })
  return { ...principal, tokens: wanted }
}
