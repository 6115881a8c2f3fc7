import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { admit, type Pools, type Provider } from './pools.ts'
import { type VerifyDeps, verifySubjectToken } from './subject-token.ts'
import { checkScopes, type Tokens } from './tokens.ts'
import { GoogleError, TokenError, Unsupported } from './wire.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'
const ACCESS_TOKEN = `${TYPE}access_token`
/** Google has these as well; nothing of ours sends them. */
const ELSEWHERE = [
  ACCESS_TOKEN,
  `${TYPE}saml2`,
  `${TYPE}access_boundary_intermediate_token`,
  'urn:ietf:params:aws:token-type:aws4_request',
]
const MAX_LIFE_SECONDS = 3600

const PARAMETERS = [
  'grant_type',
  'audience',
  'scope',
  'requested_token_type',
  'subject_token',
  'subject_token_type',
  'options',
]
const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32})$/
const WORKFORCE = /^\/\/iam\.googleapis\.com\/locations\/[a-z0-9-]+\/workforcePools\//

export type TokenServiceDeps = VerifyDeps & { readonly pools: Pools; readonly tokens: Tokens }

const bad = (description: string): TokenError => new TokenError('invalid_request', description)

/** `POST /v1/token` of the Security Token Service (RFC 8693; clouds.md §3.1). */
export async function exchange(request: WireRequest, deps: TokenServiceDeps): Promise<Answer> {
  if (request.path !== '/v1/token') throw new Unsupported(`${request.method} ${request.path} of sts.googleapis.com`)
  if (request.method !== 'POST') throw new GoogleError(404, `${request.method} is no method of this address.`)
  if (request.headers['authorization'] !== undefined)
    throw new TokenError(
      'invalid_client',
      'An Authorization header is not accepted with workload identity federation.',
      401,
    )
  const parameters = parametersOf(request)
  const required = (name: string): string => {
    const value = parameters.get(name) ?? ''
    if (value === '') throw bad(`Missing required parameter: ${name}`)
    return value
  }

  if (required('grant_type') !== GRANT)
    throw new TokenError('unsupported_grant_type', 'The grant type is not supported.')
  const provider = providerOf(required('audience'), deps.pools)
  checkType('requested_token_type', required('requested_token_type'), [ACCESS_TOKEN])
  checkType('subject_token_type', required('subject_token_type'), [`${TYPE}jwt`, `${TYPE}id_token`])
  const scopes = required('scope').split(' ')
  checkScopes(scopes)
  checkOptions(parameters.get('options'))

  const { assertion, expiresAtSeconds } = await verifySubjectToken(required('subject_token'), provider, deps)
  const identity = admit(provider, assertion)
  const seconds = Math.floor(deps.now() / 1000)
  const remaining = expiresAtSeconds - seconds
  const lifetime = remaining > 0 ? Math.min(remaining, MAX_LIFE_SECONDS) : deps.toleranceSeconds
  const token = deps.tokens.issue({ kind: 'federated', identity, scopes, expiresAt: (seconds + lifetime) * 1000 })
  return jsonAnswer(200, {
    access_token: token,
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: lifetime,
  })
}

/** A form, or JSON whose names are in camel case. */
function parametersOf({ headers, body, query }: WireRequest): ReadonlyMap<string, string> {
  if ([...query].length > 0) throw new Unsupported('parameters of a token exchange in the address')
  const entries = /^application\/json\b/.test(headers['content-type'] ?? '')
    ? jsonEntries(body.toString('utf8'))
    : formEntries(headers, body.toString('utf8'))
  const parameters = new Map<string, string>()
  for (const [name, value] of entries) {
    if (!PARAMETERS.includes(name)) throw new Unsupported(`the parameter ${name} of a token exchange`)
    if (parameters.has(name)) throw bad(`The parameter ${name} is repeated`)
    parameters.set(name, value)
  }
  return parameters
}

function formEntries(headers: WireRequest['headers'], body: string): readonly (readonly [string, string])[] {
  if (!/^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? ''))
    throw bad('The request is neither a form nor JSON')
  return [...new URLSearchParams(body)]
}

function jsonEntries(body: string): readonly (readonly [string, string])[] {
  const value: unknown = parseJson(body)
  if (typeof value !== 'object' || value === null) throw bad('The request is no JSON object')
  return Object.entries(value).map(([name, member]) => {
    if (typeof member !== 'string') throw bad(`The parameter ${name} is no text`)
    return [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), member]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function providerOf(audience: string, pools: Pools): Provider {
  if (WORKFORCE.test(audience)) throw new Unsupported('workforce pools')
  const [, name] = AUDIENCE.exec(audience) ?? []
  if (name === undefined)
    throw bad(
      'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    )
  const provider = pools.provider(name)
  if (provider === undefined)
    throw new TokenError(
      'invalid_target',
      `The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.`,
    )
  return provider
}

function checkType(name: string, value: string, accepted: readonly string[]): void {
  if (accepted.includes(value)) return
  if (ELSEWHERE.includes(value)) throw new Unsupported(`the ${name} ${value}`)
  throw bad(`Invalid value for "${name}".`)
}

function checkOptions(text: string | undefined): void {
  if (text === undefined) return
  const options: unknown = parseJson(decodeURIComponent(text))
  if (typeof options !== 'object' || options === null) throw bad('Invalid value for "options".')
  if (Object.hasOwn(options, 'userProject'))
    throw bad('Invalid value for "options". "userProject" is only supported with workforce identity federation.')
  for (const name of Object.keys(options)) throw new Unsupported(`the option ${name} of a token exchange`)
}
