import { createRoute, z } from '@hono/zod-openapi'
import { type Discovery, DISCOVERY_PATH, PROTOCOL_VERSION } from '../../../contract/discovery.ts'
import type { Workloads } from '../../config/types.ts'
import { JWKS_PATH, OIDC_DISCOVERY_PATH, oidcDiscovery } from '../../tokens/issuer-documents.ts'
import { discovery, health } from '../schemas/discovery.ts'
import type { App, Services } from '../types.ts'
import { answers } from './answers.ts'

/** Caches of clouds and proxies may hold the issuer's documents this long; keys are published far earlier than they are used. */
const CACHED = { 'cache-control': 'public, max-age=300' }
const anyObject = z.record(z.string(), z.unknown())

const jitConfiguration = createRoute({
  method: 'get',
  path: DISCOVERY_PATH,
  summary: 'All that a CLI must know about endpoint and identity provider',
  responses: answers('Endpoint and identity provider', discovery),
})
const openidConfiguration = createRoute({
  method: 'get',
  path: OIDC_DISCOVERY_PATH,
  summary: 'This issuer, for clouds (OpenID Connect Discovery)',
  responses: answers('Discovery document', anyObject),
})
const jwks = createRoute({
  method: 'get',
  path: JWKS_PATH,
  summary: 'Keys that sign grant tokens, for clouds (RFC 7517)',
  responses: answers('JWK set', z.object({ keys: z.array(anyObject).readonly() })),
})
const healthRoute = createRoute({
  method: 'get',
  path: '/v1/health',
  summary: 'Whether the endpoint answers',
  responses: answers('It does', health),
})

/** For whom a job must let its token be made, and of which providers one is taken. Which repositories are meant is nobody's business. */
function pipelines(workloads: Workloads | undefined): Pick<Discovery, 'workloads'> {
  if (workloads === undefined) return {}
  const { audience, issuers } = workloads
  return { workloads: { audience, providers: [...new Set(issuers.map(({ provider }) => provider))] } }
}

/** What anybody may read. */
export function documentRoutes(app: App, { config, tokens }: Services): void {
  const { endpoint, idp, workloads } = config
  const { issuer, clients, scopes } = idp
  app.openapi(jitConfiguration, (c) =>
    c.json({ protocol: PROTOCOL_VERSION, endpoint, idp: { issuer, clients, scopes }, ...pipelines(workloads) }, 200),
  )
  app.openapi(openidConfiguration, (c) => c.json(oidcDiscovery(endpoint), 200, CACHED))
  app.openapi(jwks, async (c) => c.json(await tokens.jwks(), 200, CACHED))
  app.openapi(healthRoute, (c) => c.json({ status: 'ok' as const }, 200))
}
