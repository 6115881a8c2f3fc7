import { z } from 'zod'
import type { WireRequest } from '../http-exchange.ts'
import { EntraError, Unsupported } from './refusals.ts'
import { type Resource, resourceOf } from './resources.ts'

export type TokenRequest = {
  readonly clientId: string
  readonly assertion: string
  readonly resource: Resource
  /** The resource as it was asked for. */
  readonly audience: string
  /** The client says that it handles claims challenges (`xms_cc=CP1`). */
  readonly continuous: boolean
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const KNOWN = [
  'grant_type',
  'client_id',
  'scope',
  'client_assertion',
  'client_assertion_type',
  'client_secret',
  'claims',
]
/** What MSAL sends beside them about itself. */
const OF_MSAL = /^(x-client-.+|x-app-.+|x-ms-lib-capability|client-request-id|client_info|return-client-request-id)$/i
/** Grants that Entra has and that nobody here may ask for. */
const OTHER_GRANTS = [
  'authorization_code',
  'refresh_token',
  'password',
  'device_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
]

const invalidRequest = (code: number, message: string): EntraError =>
  new EntraError(400, 'invalid_request', code, message)

/** The form of a client-credentials request (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). */
export function readTokenRequest({ method, headers, body, query }: WireRequest): TokenRequest {
  if (method !== 'POST')
    throw invalidRequest(900561, `The endpoint only accepts POST, OPTIONS requests. Received a ${method} request.`)
  checkParameters([...query.keys()], [])
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  const form = new URLSearchParams(isForm ? body.toString('utf8') : '')
  const required = (name: string): string => {
    const value = form.get(name)
    if (value === null || value === '')
      throw invalidRequest(900144, `The request body must contain the following parameter: '${name}'.`)
    return value
  }
  checkParameters([...form.keys()], KNOWN)
  checkGrant(required('grant_type'))
  const clientId = required('client_id')
  const scope = readScope(required('scope'))
  return { clientId, assertion: readAssertion(form, clientId), ...scope, continuous: readClaims(form.get('claims')) }
}

function checkParameters(names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (!known.includes(name) && !OF_MSAL.test(name)) throw new Unsupported(`the parameter ${name} of a token request`)
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new Unsupported(`the parameter ${name} twice`)
  }
}

function checkGrant(grant: string): void {
  if (grant === 'client_credentials') return
  if (OTHER_GRANTS.includes(grant)) throw new Unsupported(`the grant ${grant}`)
  throw new EntraError(400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`)
}

/** One resource, by a name that the tenant knows, with `/.default`: a client cannot choose among its own permissions. */
function readScope(scope: string): Pick<TokenRequest, 'resource' | 'audience'> {
  const scopes = scope.split(' ')
  const invalidScope = (code: number, message: string) => new EntraError(400, 'invalid_scope', code, message)
  if (!scopes.every((each) => each.endsWith('/.default')))
    throw invalidScope(
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    )
  const [audience = '', ...more] = scopes.map((each) => each.slice(0, -'/.default'.length))
  if (more.length > 0)
    throw invalidScope(
      28000,
      `Provided value for the input parameter scope is not valid because it contains more than one resource. Scope ${scope} is not valid.`,
    )
  const resource = resourceOf(audience)
  if (resource === undefined)
    throw new EntraError(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${audience} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    )
  return { resource, audience }
}

function readAssertion(form: URLSearchParams, clientId: string): string {
  const assertion = form.get('client_assertion')
  if (form.has('client_secret'))
    throw new EntraError(
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
    )
  if (assertion === null || assertion === '')
    throw new EntraError(
      401,
      'invalid_client',
      7000216,
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    )
  const type = form.get('client_assertion_type')
  if (type === null)
    throw invalidRequest(900144, "The request body must contain the following parameter: 'client_assertion_type'.")
  if (type !== JWT_BEARER) throw new Unsupported(`the client_assertion_type ${type}`)
  return assertion
}

const capabilities = z.strictObject({
  access_token: z.strictObject({ xms_cc: z.strictObject({ values: z.array(z.literal('CP1')).length(1) }) }),
})

function readClaims(text: string | null): boolean {
  if (text === null) return false
  if (!capabilities.safeParse(parseJson(text)).success) throw new Unsupported('these claims of a token request')
  return true
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
