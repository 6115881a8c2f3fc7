import { randomUUID } from 'node:crypto'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import type { IssuerKeys } from '../issuer-keys.ts'
import { verifyClientAssertion } from './client-assertion.ts'
import type { Tenant } from './config.ts'
import type { Directory } from './directory.ts'
import { type AzureError, EntraError, Unsupported } from './refusals.ts'
import { readTokenRequest } from './token-request.ts'

export const ENTRA_HOST = 'login.microsoftonline.com'
const BASE = `https://${ENTRA_HOST}`

export type EntraDeps = { readonly directory: Directory; readonly keys: IssuerKeys; readonly now: () => number }

/** Entra ID's endpoints. `seen` learns who asks, once that is proved. */
export async function entra(request: WireRequest, seen: { caller?: string }, deps: EntraDeps): Promise<Answer> {
  const { method, path, query } = request
  if (path === '/common/discovery/instance') return instanceDiscovery(method, query)
  const [, tenantName = '', ...rest] = path.split('/')
  const endpoint = rest.join('/')
  if (endpoint !== 'v2.0/.well-known/openid-configuration' && endpoint !== 'oauth2/v2.0/token')
    throw new Unsupported(`${method} ${path} of ${ENTRA_HOST}`)
  const tenant = tenantOf(tenantName, deps.directory)
  if (endpoint === 'oauth2/v2.0/token') return token(request, tenant, seen, deps)
  if (method !== 'GET') throw new Unsupported(`${method} ${path} of ${ENTRA_HOST}`)
  return jsonAnswer(200, openidConfiguration(tenant))
}

function tenantOf(name: string, directory: Directory): Tenant {
  const tenant = directory.tenant(name)
  if (tenant !== undefined) return tenant
  if (['common', 'organizations', 'consumers'].includes(name)) throw new Unsupported(`the tenant ${name}`)
  if (!/^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w-]+(\.[\w-]+)+)$/i.test(name))
    throw new EntraError(
      400,
      'invalid_request',
      900023,
      `Specified tenant identifier '${name}' is neither a valid DNS name, nor a valid external domain.`,
    )
  throw new EntraError(
    400,
    'invalid_tenant',
    90002,
    `Tenant '${name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  )
}

async function token(
  request: WireRequest,
  tenant: Tenant,
  seen: { caller?: string },
  { directory, keys, now }: EntraDeps,
): Promise<Answer> {
  const { clientId, assertion, resource, audience, continuous } = readTokenRequest(request)
  const application = directory.application(clientId, tenant.id)
  if (application === undefined)
    throw new EntraError(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenant.displayName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    )
  await verifyClientAssertion(assertion, directory.federatedCredentials(application.clientId), { keys, now })
  seen.caller = application.clientId
  const { token, seconds } = directory.issue({ application, resource: resource.name, audience }, continuous)
  return jsonAnswer(200, {
    token_type: 'Bearer',
    expires_in: seconds - 1,
    ext_expires_in: seconds - 1,
    access_token: token,
  })
}

/** What clients read of the real document; the endpoints that nobody here may use are named in it all the same. */
const openidConfiguration = ({ id }: Tenant) => ({
  token_endpoint: `${BASE}/${id}/oauth2/v2.0/token`,
  token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
  jwks_uri: `${BASE}/${id}/discovery/v2.0/keys`,
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  issuer: `${BASE}/${id}/v2.0`,
  request_uri_parameter_supported: false,
  userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
  authorization_endpoint: `${BASE}/${id}/oauth2/v2.0/authorize`,
  device_authorization_endpoint: `${BASE}/${id}/oauth2/v2.0/devicecode`,
  http_logout_supported: true,
  frontchannel_logout_supported: true,
  end_session_endpoint: `${BASE}/${id}/oauth2/v2.0/logout`,
  tenant_region_scope: 'EU',
  cloud_instance_name: 'microsoftonline.com',
  cloud_graph_host_name: 'graph.windows.net',
  msgraph_host: 'graph.microsoft.com',
  rbac_url: 'https://pas.windows.net',
})

const ALIASES = [ENTRA_HOST, 'login.windows.net', 'login.microsoft.com', 'sts.windows.net']

function instanceDiscovery(method: string, query: URLSearchParams): Answer {
  const endpoint = query.get('authorization_endpoint') ?? ''
  if (method !== 'GET' || query.get('api-version') !== '1.1') throw new Unsupported('this form of instance discovery')
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !ALIASES.includes(url.host))
    throw new EntraError(400, 'invalid_instance', 50049, `Unknown or invalid instance.`)
  const [, tenant = ''] = url.pathname.split('/')
  return jsonAnswer(200, {
    tenant_discovery_endpoint: `${BASE}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: ENTRA_HOST, preferred_cache: 'login.windows.net', aliases: ALIASES }],
  })
}

/** The body of every refusal of Entra; the correlation id is the caller's where he sent one. */
export function entraRefusal(error: AzureError, request: WireRequest, now: number): Answer {
  const form = new URLSearchParams(request.body.toString('utf8'))
  const correlation = request.headers['client-request-id'] ?? form.get('client-request-id') ?? randomUUID()
  const trace = randomUUID()
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const ids = `Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`
  if (!(error instanceof EntraError))
    return jsonAnswer(error.status, { error: error.code, error_description: `${error.message} ${ids}` }, error.headers)
  const body = {
    error: error.error,
    error_description: `AADSTS${error.code}: ${error.message} ${ids}`,
    error_codes: [Number(error.code)],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `${BASE}/error?code=${error.code}`,
  }
  return jsonAnswer(error.status, body, { 'x-ms-request-id': trace, ...error.headers })
}
