import { type CloudClock, createCloudClock } from '../cloud-clock.ts'
import { type Answer, listenerOf, type WireRequest } from '../http-exchange.ts'
import { createIssuerKeys } from '../issuer-keys.ts'
import { type SimulatorOptions, simulatorConfig } from './config.ts'
import { createDirectory, type Directory } from './directory.ts'
import { ENTRA_HOST, entra, entraRefusal } from './entra.ts'
import { GRAPH_HOST, graph, graphError } from './graph.ts'
import { keyVault, vaultError, vaultHost } from './key-vault.ts'
import { AzureError, EntraError } from './refusals.ts'
import { ARM_HOST, cloudError, resourceManager } from './resource-manager.ts'

/** One request as a test may see it: no token, no assertion, no secret. */
export type RecordedRequest = {
  readonly at: string
  readonly host: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** The service's error code (of Entra the number after AADSTS), or `ok`. */
  readonly outcome: string
  /** Client id of the application, once it is proved. */
  readonly caller?: string
  /** Query and form but for what is secret. */
  readonly parameters: Readonly<Record<string, string>>
  readonly userAgent: string
}

type Listener = ReturnType<typeof listenerOf>
type Knobs = Pick<
  Directory,
  'addFederatedCredential' | 'removeFederatedCredential' | 'addRoleAssignment' | 'removeRoleAssignment'
>

export type AzureSimulator = Knobs & {
  /** One listener for all, which tells services apart by the Host header. */
  readonly handle: Listener
  /** The same by production host name, as `startCloudNetwork` takes them. */
  readonly hosts: Readonly<Record<string, Listener>>
  readonly clock: CloudClock
  readonly requests: readonly RecordedRequest[]
  /** The next `calls` requests, of whichever service, are throttled. */
  throttle(calls: number, retryAfterSeconds?: number): void
  /** How long changes made from now on take to work. */
  setPropagation(kind: 'federatedCredentials' | 'roleAssignments', seconds: number): void
}

/** Entra ID, Resource Manager, Key Vault and a little Microsoft Graph. Throws where the configuration contradicts itself. */
export function startAzureSimulator(options: SimulatorOptions, wallNow: () => number = Date.now): AzureSimulator {
  const config = simulatorConfig.parse(options)
  const clock = createCloudClock(wallNow)
  const { now } = clock
  const directory = createDirectory(config, now)
  const keys = createIssuerKeys({
    now,
    cacheMs: config.keyCacheSeconds * 1000,
    allowLoopback: config.allowLoopbackIssuers,
    certificates: config.issuerCertificates,
  })
  const services = servicesOf(directory, (request, seen) => entra(request, seen, { directory, keys, now }), now)
  const requests: RecordedRequest[] = []
  const throttled = { calls: 0, retryAfter: 0 }

  const handle = listenerOf(async (request) => {
    const service = services.get(request.host)
    if (service === undefined) throw new Error(`no service at ${request.host}`)
    const seen: { caller?: string } = {}
    const answering = async (): Promise<Answer> => {
      if (throttled.calls > 0) {
        throttled.calls -= 1
        throw service.tooMany({ 'retry-after': String(throttled.retryAfter) })
      }
      return service.answer(request, seen)
    }
    const { reply, outcome } = await answering().then(
      (reply) => ({ reply, outcome: 'ok' }),
      (error: unknown) => {
        if (!(error instanceof AzureError)) throw error
        return { reply: service.refusal(error, request), outcome: error.code }
      },
    )
    requests.push({ ...described(request, now()), status: reply.status, outcome, ...seen })
    return reply
  })

  return {
    handle,
    hosts: Object.fromEntries([...services.keys()].map((host) => [host, handle])),
    clock,
    requests,
    throttle(calls, retryAfterSeconds = 1) {
      throttled.calls = calls
      throttled.retryAfter = retryAfterSeconds
    },
    addFederatedCredential: directory.addFederatedCredential,
    removeFederatedCredential: directory.removeFederatedCredential,
    addRoleAssignment: directory.addRoleAssignment,
    removeRoleAssignment: directory.removeRoleAssignment,
    setPropagation: directory.setPropagation,
  }
}

type Answering = (request: WireRequest, seen: { caller?: string }) => Answer | Promise<Answer>
type Service = {
  readonly answer: Answering
  readonly refusal: (error: AzureError, request: WireRequest) => Answer
  readonly tooMany: (headers: Readonly<Record<string, string>>) => AzureError
}

function servicesOf(directory: Directory, login: Answering, now: () => number): ReadonlyMap<string, Service> {
  const deps = { directory, now }
  const tooMany = (code: string, message: string) => (headers: Readonly<Record<string, string>>) =>
    new AzureError(429, code, message, headers)
  const vaults = directory.vaults.map((vault): [string, Service] => [
    vaultHost(vault),
    {
      answer: (request, seen) => keyVault(request, vault, seen, deps),
      refusal: vaultError,
      tooMany: tooMany(
        'Throttled',
        'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
      ),
    },
  ])
  return new Map<string, Service>([
    [
      ENTRA_HOST,
      {
        answer: login,
        refusal: (error, request) => entraRefusal(error, request, now()),
        tooMany: (headers) =>
          new EntraError(429, 'temporarily_unavailable', 90055, 'There are too many incoming requests.', headers),
      },
    ],
    [
      ARM_HOST,
      {
        answer: (request, seen) => resourceManager(request, seen, deps),
        refusal: cloudError,
        tooMany: tooMany('TooManyRequests', 'The request is being throttled. Please try again later.'),
      },
    ],
    [
      GRAPH_HOST,
      {
        answer: (request, seen) => graph(request, seen, deps),
        refusal: (error, request) => graphError(error, request, now()),
        tooMany: tooMany('TooManyRequests', 'Too many requests.'),
      },
    ],
    ...vaults,
  ])
}

function described({ host, method, path, query, body, headers }: WireRequest, now: number) {
  const form = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
    ? body.toString('utf8')
    : ''
  const given = [...query, ...new URLSearchParams(form)]
  const parameters = Object.fromEntries(
    given.filter(([name]) => !/assertion$|secret|token|password|^code$/i.test(name)),
  )
  return { at: new Date(now).toISOString(), host, method, path, parameters, userAgent: headers['user-agent'] ?? '' }
}
