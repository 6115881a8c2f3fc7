import { createServer } from 'node:https'
import { type CloudClock, createCloudClock } from '../cloud-clock.ts'
import { type Answer, jsonAnswer, listenerOf, type WireRequest } from '../http-exchange.ts'
import { createAuthenticator } from './authenticator.ts'
import { type Attributes, authorize, authorizePath } from './authorizer.ts'
import { type Permission, permission, type SimulatorConfig, type SimulatorOptions, simulatorConfig } from './config.ts'
import { DISCOVERY } from './discovery.ts'
import { objects } from './objects.ts'
import { review } from './reviews.ts'
import { notFound, StatusError, statusAnswer, Unauthenticated, Unsupported } from './status.ts'
import { ANONYMOUS, type User } from './user.ts'

/** One request as a test may see it, without the token. */
export type RecordedRequest = {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** `ok`, the reason of the Status, or why a token was not taken. */
  readonly outcome: string
  readonly user?: string
  readonly userAgent: string
}

export type KubernetesSimulator = {
  readonly url: string
  readonly clock: CloudClock
  readonly requests: readonly RecordedRequest[]
  /** Works at once, for tokens that are out as well: what deleting a RoleBinding does. */
  setPermissions(permissions: SimulatorOptions['permissions']): void
  /** The next `calls` requests are answered 429. */
  throttle(calls: number, retryAfterSeconds?: number): void
  close(): Promise<void>
}

/** An API server over TLS on 127.0.0.1. Rejects where the configuration holds anything that it could not evaluate. */
export async function startKubernetesSimulator(
  options: SimulatorOptions,
  wallNow: () => number = Date.now,
): Promise<KubernetesSimulator> {
  const config = simulatorConfig.parse(options)
  const clock = createCloudClock(wallNow)
  const requests: RecordedRequest[] = []
  const state = { permissions: config.permissions, throttled: 0, retryAfter: 1 }
  const authenticate = createAuthenticator(config, clock.now)

  async function answer(request: WireRequest, seen: { user?: string }): Promise<Answer> {
    if (state.throttled > 0) {
      state.throttled -= 1
      throw tooMany(state.retryAfter)
    }
    if (Object.keys(request.headers).some((name) => name.startsWith('impersonate-')))
      throw new Unsupported('impersonation')
    const user = await userOf(request, authenticate)
    seen.user = user.username
    return serve(request, user, { config, permissions: state.permissions, now: clock.now() })
  }

  const server = createServer(
    config.tls,
    listenerOf(async (request) => {
      const seen: { user?: string } = {}
      const { reply, outcome } = await answer(request, seen).then(
        (reply) => ({ reply, outcome: 'ok' }),
        (error: unknown) => {
          if (!(error instanceof StatusError)) throw error
          return { reply: statusAnswer(error), outcome: error instanceof Unauthenticated ? error.why : error.reason }
        },
      )
      requests.push({
        at: new Date(clock.now()).toISOString(),
        method: request.method,
        path: request.path,
        status: reply.status,
        outcome,
        ...seen,
        userAgent: request.headers['user-agent'] ?? '',
      })
      return reply
    }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `https://127.0.0.1:${address.port}`,
    clock,
    requests,
    setPermissions(permissions) {
      state.permissions = permissions.map((each) => permission.parse(each))
    },
    throttle(calls, retryAfterSeconds = 1) {
      state.throttled = calls
      state.retryAfter = retryAfterSeconds
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

/** A bearer token that is not good is refused; a request with none is that of `system:anonymous`. */
async function userOf({ headers }: WireRequest, authenticate: (token: string) => Promise<User>): Promise<User> {
  const token = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '')?.[1]
  return token === undefined ? ANONYMOUS : authenticate(token)
}

type Cluster = { readonly config: SimulatorConfig; readonly permissions: readonly Permission[]; readonly now: number }

function serve(request: WireRequest, user: User, { config, permissions, now }: Cluster): Answer {
  const wanted = attributesOf(request)
  if (wanted === undefined) {
    authorizePath(user, request.method.toLowerCase(), request.path)
    const document = DISCOVERY.get(request.path.replace(/\/$/, ''))
    if (document === undefined) throw notFound()
    return jsonAnswer(200, document)
  }
  authorize(user, wanted, permissions)
  if (wanted.resource.startsWith('selfsubject')) return review(request, wanted.resource, user, permissions)
  return objects(request, wanted, config, now)
}

const VERBS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  GET: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
}

/** What a path of the API means (kubernetes.io/docs/reference/using-api/api-concepts); `undefined` where it names no resource. */
function attributesOf({ method, path, query }: WireRequest): Attributes | undefined {
  const core = /^\/api\/v1\/(.+)$/.exec(path)
  const grouped = /^\/apis\/([^/]+)\/v1\/(.+)$/.exec(path)
  const [apiGroup, rest] = core === null ? [grouped?.[1] ?? '', grouped?.[2]] : ['', core[1]]
  if (rest === undefined) return undefined
  const inside = /^namespaces\/([^/]+)\/([^/].*)$/.exec(rest)
  const namespace = inside?.[1] ?? /^namespaces\/([^/]+)$/.exec(rest)?.[1] ?? ''
  const [kind = '', name = '', ...subresource] = (inside?.[2] ?? rest).split('/').map(decodeURIComponent)
  const [one, many] = VERBS[method] ?? [method.toLowerCase(), method.toLowerCase()]
  const watching = method === 'GET' && ['1', 'true'].includes(query.get('watch') ?? '')
  return {
    verb: watching ? 'watch' : name === '' ? many : one,
    apiGroup,
    resource: [kind, ...subresource].join('/'),
    namespace,
    name,
  }
}

const tooMany = (seconds: number): StatusError =>
  new StatusError(
    429,
    'TooManyRequests',
    'too many requests, please try again later',
    { retryAfterSeconds: seconds },
    { 'retry-after': String(seconds) },
  )
