import type { IncomingMessage, ServerResponse } from 'node:http'
import { guid, subscription, TENANT } from './azure-entries.ts'
import { type CloudNetwork, startCloudNetwork } from './cloud-network.ts'

/** The user's own service principal, which asks for tokens by its secret. */
export const OWN_PRINCIPAL = { client_id: guid(9), tenant: TENANT, client_secret: 'secret-of-a-pipeline' }

export type ScriptedAzure = CloudNetwork & {
  /** Resource Manager takes these tokens, and no other. */
  readonly valid: Set<string>
  /** Client ids that asked Entra for a token. */
  readonly asked: readonly string[]
}

/** Just enough of Entra and Resource Manager for `az` to be tried on files. What a token may do is for the simulators. */
export async function startScriptedAzure(): Promise<ScriptedAzure> {
  const valid = new Set<string>()
  const asked: string[] = []
  const network = await startCloudNetwork({
    hosts: {
      'login.microsoftonline.com': (request, response) => void entra(request, response, asked),
      'management.azure.com': (request, response) => resourceManager(request, response, valid),
    },
  })
  return { ...network, valid, asked }
}

async function entra(request: IncomingMessage, response: ServerResponse, asked: string[]): Promise<void> {
  const base = 'https://login.microsoftonline.com'
  if (request.url?.startsWith('/common/discovery/instance') === true)
    return json(response, 200, {
      tenant_discovery_endpoint: `${base}/common/v2.0/.well-known/openid-configuration`,
      metadata: [
        {
          preferred_network: 'login.microsoftonline.com',
          preferred_cache: 'login.windows.net',
          aliases: ['login.microsoftonline.com', 'login.windows.net'],
        },
      ],
    })
  if (request.url?.endsWith('/openid-configuration') === true)
    return json(response, 200, {
      issuer: `${base}/${TENANT}/v2.0`,
      authorization_endpoint: `${base}/${TENANT}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/${TENANT}/oauth2/v2.0/token`,
    })
  const form = new URLSearchParams((await request.toArray()).join(''))
  asked.push(form.get('client_id') ?? '')
  if (form.get('client_secret') !== OWN_PRINCIPAL.client_secret)
    return json(response, 401, { error: 'invalid_client', error_description: 'AADSTS7000216: no assertion' })
  const secret = `minted-for-${encodeURIComponent(form.get('scope') ?? '')}`
  return json(response, 200, { token_type: 'Bearer', expires_in: 3599, access_token: secret })
}

function resourceManager(request: IncomingMessage, response: ServerResponse, valid: ReadonlySet<string>): void {
  const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
  if (!valid.has(token)) return json(response, 401, { error: { code: 'InvalidAuthenticationToken', message: 'no' } })
  const [, , id = '', collection = ''] = new URL(request.url ?? '', 'https://arm.invalid').pathname.split('/')
  if (collection.toLowerCase() === 'resourcegroups')
    return json(response, 200, {
      value: [{ id: `/subscriptions/${id}/resourceGroups/prod`, name: 'prod', location: 'westeurope', properties: {} }],
    })
  if (id === '') {
    const { state, tenantId } = subscription(guid(3), 'Prod')
    return json(response, 200, {
      value: [{ id: `/subscriptions/${guid(3)}`, subscriptionId: guid(3), displayName: 'Prod', state, tenantId }],
    })
  }
  return json(response, 404, { error: { code: 'NotFound', message: request.url } })
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
