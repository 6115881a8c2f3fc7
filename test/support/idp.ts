import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { mapAdapter } from './idp-adapter.ts'
import * as pages from './idp-pages.ts'

/** Somebody who can log in: types the name, no password. */
export type IdpUser = {
  readonly name: string
  readonly email: string
  readonly groups: readonly string[]
  readonly amr: readonly string[]
}

/** The people of tests and demo; the key is subject and login name. */
export const USERS: Readonly<Record<string, IdpUser>> = {
  alice: { name: 'Alice Adams', email: 'alice@corp.example', groups: ['dev'], amr: ['pwd', 'mfa'] },
  bob: { name: 'Bob Brown', email: 'bob@corp.example', groups: ['dba'], amr: ['pwd', 'mfa'] },
  carol: { name: 'Carol Clark', email: 'carol@corp.example', groups: ['dba', 'dev'], amr: ['hwk'] },
  dave: { name: 'Dave Dunn', email: 'dave@corp.example', groups: [], amr: ['pwd'] },
}

export type IdpOptions = {
  readonly port?: number
  readonly users?: Readonly<Record<string, IdpUser>>
  /** Seconds between polls that the device authorization asks for; absent: the answer has no `interval`. */
  readonly deviceInterval?: number
  readonly deviceCodeSeconds?: number
  readonly idTokenSeconds?: number
  /** Off: no refresh tokens, like an IdP that was told not to. */
  readonly refreshTokens?: boolean
  /** Off: the IdP knows no DPoP, and its refresh tokens are bound to no key. */
  readonly dpop?: boolean
  /** Off: no pushed authorization requests (RFC 9126). */
  readonly pushedRequests?: boolean
  /** Sees every request first; returning true means that it answered. For the quirks of real IdPs and of proxies before them. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export type Idp = {
  readonly issuer: string
  /** Client id per flow, as an endpoint's discovery names them. */
  readonly clients: { readonly browser: string; readonly device: string }
  readonly scopes: readonly string[]
  /** `METHOD /path` of every request so far. */
  readonly calls: readonly string[]
  close(): Promise<void>
}

export const CLIENTS = { browser: 'jit-browser', device: 'jit-device' } as const
const SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access']

/** A real OpenID provider (oidc-provider) on loopback, with people instead of a user database. */
export async function startIdp(options: IdpOptions = {}): Promise<Idp> {
  const calls: string[] = []
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const users = options.users ?? USERS
  const provider = new Provider(issuer, await configuration(users, options))
  provider.use(deviceInterval(options.deviceInterval))
  provider.use(pages.interactions(provider, users))
  const answer = provider.callback()
  server.on('request', (request, response) => {
    calls.push(`${request.method} ${request.url?.replace(/\?.*/, '')}`)
    if (options.intercept?.(request, response) !== true) void answer(request, response)
  })
  return {
    issuer,
    clients: CLIENTS,
    scopes: SCOPES,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function configuration(
  users: Readonly<Record<string, IdpUser>>,
  {
    deviceCodeSeconds = 600,
    idTokenSeconds = 300,
    refreshTokens = true,
    dpop = true,
    pushedRequests = true,
  }: IdpOptions,
): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const client = {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    require_auth_time: true,
    id_token_signed_response_alg: 'RS256',
  } as const
  return {
    adapter: mapAdapter(),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'idp-1', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clients: [
      {
        ...client,
        client_id: CLIENTS.browser,
        client_name: 'jit',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
      },
      {
        ...client,
        client_id: CLIENTS.device,
        client_name: 'jit (device)',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub', 'amr'], profile: ['name'], email: ['email'], groups: ['groups'] },
    conformIdTokenClaims: false, // as most companies' IdPs: name, e-mail and groups are in the ID token
    findAccount: (_ctx, id) => {
      const user = users[id]
      return (
        user && { accountId: id, claims: () => ({ sub: id, ...user, groups: [...user.groups], amr: [...user.amr] }) }
      )
    },
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => refreshTokens && client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: pages.userCodeInput,
        userCodeConfirmSource: pages.userCodeConfirm,
        successSource: pages.deviceDone,
      },
      dPoP: { enabled: dpop },
      pushedAuthorizationRequests: { enabled: pushedRequests },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    renderError: pages.failure,
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      DeviceCode: deviceCodeSeconds,
      IdToken: idTokenSeconds,
      RefreshToken: 86_400,
      Interaction: 600,
      Session: 3600,
      Grant: 86_400,
    },
  }
}

/** oidc-provider itself never sends an `interval` (RFC 8628 §3.2 makes it optional). */
function deviceInterval(seconds: number | undefined) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next()
    if (seconds !== undefined && ctx.path === '/device/auth' && typeof ctx.body === 'object')
      ctx.body = { ...ctx.body, interval: seconds }
  }
}
