import { randomUUID } from 'node:crypto'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { bearerOf } from './bearer.ts'
import { AzureError, Unsupported } from './refusals.ts'
import type { ResourceDeps } from './resource-manager.ts'
import { GRAPH_AUDIENCES } from './resources.ts'

export const GRAPH_HOST = 'graph.microsoft.com'
const PERMISSIONS = ['Organization.Read.All', 'Directory.Read.All']

/** Microsoft Graph's `GET /v1.0/organization`. Permissions are those the token was issued with, not today's. */
export function graph(request: WireRequest, seen: { caller?: string }, { directory, now }: ResourceDeps): Answer {
  const { method, path, query } = request
  const invalid = (message: string): AzureError =>
    new AzureError(401, 'InvalidAuthenticationToken', message, {
      'www-authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`,
    })
  const bearer = bearerOf(request, directory, now())
  if (bearer.kind === 'missing') throw invalid('Access token is empty.')
  if (bearer.kind === 'unknown') throw invalid('Access token validation failure.')
  if (bearer.kind === 'expired') throw invalid('Lifetime validation failed, the token is expired.')
  const { application, audience, permissions } = bearer.session
  if (!GRAPH_AUDIENCES.includes(audience)) throw invalid('Access token validation failure. Invalid audience.')
  seen.caller = application.clientId
  if (method !== 'GET' || path !== '/v1.0/organization' || query.size > 0)
    throw new Unsupported(`${method} ${path} of Microsoft Graph`)
  if (!permissions.some((each) => PERMISSIONS.includes(each)))
    throw new AzureError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
  const tenant = directory.tenant(application.tenantId)
  return jsonAnswer(200, {
    '@odata.context': `https://${GRAPH_HOST}/v1.0/$metadata#organization`,
    value: [{ id: tenant?.id, displayName: tenant?.displayName }],
  })
}

export function graphError({ status, code, message, headers }: AzureError, request: WireRequest, now: number): Answer {
  const id = randomUUID()
  const innerError = {
    date: new Date(now).toISOString().slice(0, 19),
    'request-id': id,
    'client-request-id': request.headers['client-request-id'] ?? id,
  }
  return jsonAnswer(status, { error: { code, message, innerError } }, { 'request-id': id, ...headers })
}
