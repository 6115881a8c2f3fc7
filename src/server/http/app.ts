import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Refusal } from '../refusal.ts'
import { rateLimit } from './rate-limit.ts'
import { documentRoutes } from './routes/documents.ts'
import { grantRoutes } from './routes/grants.ts'
import { requestRoutes } from './routes/requests.ts'
import { meRoute, sessionRoutes } from './routes/sessions.ts'
import { stopRoutes } from './routes/stops.ts'
import { targetRoutes } from './routes/targets.ts'
import { answerError, authenticate, observe, readJsonBody, refuse } from './steps.ts'
import type { App, Env, Services } from './types.ts'

const MAX_BODY_BYTES = 64 * 1024
export const DEFAULT_RATES: NonNullable<Services['rates']> = {
  person: { burst: 200, perSecond: 30 },
  // A thousand machines of one person: strict ones are back after 15 s each (67 a second), twice as often after an outage, and all at once when he is stopped.
  channel: { burst: 1_000, perSecond: 100 },
  address: { burst: 100, perSecond: 10 },
}

/** The whole API. Each call is observed, limited, read, authenticated, validated, answered; errors become answers in one place. */
export function makeApp(services: Services): App {
  const { config, clock, rates = DEFAULT_RATES } = services
  const limits = { person: rateLimit(rates.person, clock), address: rateLimit(rates.address, clock) }
  const channel = { ...limits, person: rateLimit(rates.channel, clock) }
  const root = new OpenAPIHono<Env>({ defaultHook: refuseInvalid, strict: true })
  root.onError(answerError(services))
  root.notFound((c) => refuse(c, new Refusal('not_found', `There is no ${c.req.method} ${c.req.path}.`)))
  const app = root.basePath(new URL(config.endpoint).pathname)

  app.use(observe(services))
  app.use(limitBody)
  app.use(readJsonBody)
  documentRoutes(app, services)
  sessionRoutes(app, services, limits.address)
  describe(app, config.endpoint)

  // `/*` matches the bare path too; a call must meet this step once, or its proof counts as replayed.
  for (const path of ['/v1/me', '/v1/targets', '/v1/requests/*', '/v1/grants/*', '/v1/stops/*'])
    app.use(path, authenticate(services, limits))
  app.use('/v1/channel', authenticate(services, channel))
  meRoute(app)
  targetRoutes(app, services)
  requestRoutes(app, services)
  grantRoutes(app, services)
  stopRoutes(app, services)
  return root
}

/** `GET /openapi.json`, made from the schemas that validate. */
function describe(app: App, endpoint: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'dpop', {
    type: 'http',
    scheme: 'DPoP',
    description: 'Access token of POST /v1/sessions with a proof of RFC 9449 in the header DPoP',
  })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'jit-endpoint', version: '1', description: 'Just-in-time cloud access' },
    servers: [{ url: endpoint }],
  })
}

type Validation =
  | { readonly success: true }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } }
type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

/** Says which member is wrong, never what its value was. */
function refuseInvalid(result: Validation): void {
  if (result.success) return
  const [issue] = result.error.issues
  const member = issue?.path.map(String).join('.') ?? ''
  throw new Refusal('invalid_request', member === '' ? `${issue?.message}.` : `${member}: ${issue?.message}.`)
}

const limitStream = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuseTooLarge })

/** A declared length says it all: node reads no byte more. Only a body in chunks needs hono's step, which opens a stream for each call. */
const limitBody: MiddlewareHandler<Env> = (c, next) => {
  if (c.req.header('transfer-encoding') !== undefined) return limitStream(c, next)
  return Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES ? refuseTooLarge() : next()
}

function refuseTooLarge(): never {
  throw new Refusal('too_large', `A body may have ${MAX_BODY_BYTES / 1024} KiB at most.`)
}
