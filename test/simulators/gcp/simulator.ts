import type { HostHandler } from '../../support/cloud-network.ts'
import { type CloudClock, createCloudClock } from '../cloud-clock.ts'
import { type Answer, listenerOf, type WireRequest } from '../http-exchange.ts'
import { createIssuerKeys } from '../issuer-keys.ts'
import { policy, type Policy, type SimulatorConfig, type SimulatorOptions, simulatorConfig } from './config.ts'
import { createControl } from './control.ts'
import { createIam, type ResourceName } from './iam.ts'
import { generateAccessToken } from './iam-credentials.ts'
import { createPools, type State } from './pools.ts'
import { type RecordedRequest, record } from './request-log.ts'
import { resourceManager } from './resource-manager.ts'
import { storage } from './storage.ts'
import { exchange } from './token-service.ts'
import { createTokens, OPENED_BY } from './tokens.ts'
import { apiError, GoogleError, outcomeOf, storageError, TokenError, tokenError } from './wire.ts'

export type GcpSimulator = {
  /** Production names with who answers for them, for `startCloudNetwork`. */
  readonly hosts: Readonly<Record<string, HostHandler>>
  readonly clock: CloudClock
  readonly requests: readonly RecordedRequest[]
  /** The next `calls` requests are answered with 429. */
  throttle(calls: number): void
  /** A pool or provider by its resource name, `projects/N/locations/global/workloadIdentityPools/P[/providers/X]`. Works at once. */
  setState(name: string, state: State): void
  /** Works at once. */
  setServiceAccountDisabled(email: string, disabled: boolean): void
  /** Replaces the IAM policy of one resource; works after the policy delay, as at Google. */
  setIamPolicy(resource: ResourceName, policy: Policy): void
  setPolicyDelay(seconds: number): void
  /** From then on every request is answered with 503. */
  close(): Promise<void>
}

type Service = {
  answer(request: WireRequest, recognised: (principal: string) => void): Answer | Promise<Answer>
  refusal(error: GoogleError | TokenError): Answer
}

/**
 * Security Token Service, IAM credentials, Resource Manager and a little Cloud Storage. Rejects where the configuration holds
 * anything that it could not evaluate.
 */
export async function startGcpSimulator(
  options: SimulatorOptions,
  wallNow: () => number = Date.now,
): Promise<GcpSimulator> {
  const config = simulatorConfig.parse(options)
  const clock = createCloudClock(wallNow)
  const [iam, pools] = [createIam(config, clock.now), createPools(config)]
  const tokens = createTokens(config, pools, clock.now)
  const services = createServices(config, clock, { iam, pools, tokens })
  const requests: RecordedRequest[] = []
  const state = { throttled: 0, closed: false }

  const knobs = {
    clock,
    requests,
    throttle: (calls: number): void => {
      state.throttled = calls
    },
    setState: (name: string, to: State): void => pools.setState(name, to),
    setServiceAccountDisabled: (email: string, disabled: boolean): void => tokens.setDisabled(email, disabled),
    setIamPolicy: (resource: ResourceName, bindings: Policy): void => iam.setPolicy(resource, policy.parse(bindings)),
    setPolicyDelay: (seconds: number): void => iam.setDelay(seconds * 1000),
  }
  const control = createControl(knobs)

  async function serve(service: Service, request: WireRequest): Promise<Answer> {
    let principal: string | undefined
    const { answer, outcome } = await attempt(service, request, (who) => {
      principal = who
    })
    requests.push(record(request, { at: clock.now(), status: answer.status, outcome, principal }))
    return answer
  }

  async function attempt(service: Service, request: WireRequest, recognised: (principal: string) => void) {
    try {
      if (state.throttled > 0) {
        state.throttled -= 1
        throw new GoogleError(429, 'Quota exceeded for this service.', { reason: 'RATE_LIMIT_EXCEEDED' })
      }
      return { answer: await service.answer(request, recognised), outcome: 'ok' }
    } catch (error) {
      if (!(error instanceof GoogleError || error instanceof TokenError)) throw error
      return { answer: service.refusal(error), outcome: outcomeOf(error) }
    }
  }

  const handlerOf = (service: Service): HostHandler =>
    listenerOf(async (request) => {
      if (state.closed) return { status: 503, headers: {}, body: '' }
      return control(request) ?? serve(service, request)
    })
  return {
    ...knobs,
    hosts: Object.fromEntries(Object.entries(services).map(([host, service]) => [host, handlerOf(service)])),
    close: async () => {
      state.closed = true
    },
  }
}

type Parts = {
  readonly iam: ReturnType<typeof createIam>
  readonly pools: ReturnType<typeof createPools>
  readonly tokens: ReturnType<typeof createTokens>
}

function createServices(
  config: SimulatorConfig,
  { now }: CloudClock,
  { iam, pools, tokens }: Parts,
): Record<string, Service> {
  const { projects, buckets, toleranceSeconds } = config
  const keys = createIssuerKeys({
    now,
    cacheMs: config.keyCacheSeconds * 1000,
    allowLoopback: config.allowLoopbackIssuers,
    certificates: config.issuerCertificates,
  })
  const refusal = (render: (error: GoogleError) => Answer) => (error: GoogleError | TokenError) => {
    if (error instanceof TokenError) throw error
    return render(error)
  }
  return {
    'sts.googleapis.com': {
      answer: (request) => exchange(request, { keys, pools, tokens, now, toleranceSeconds }),
      refusal: tokenError,
    },
    'iamcredentials.googleapis.com': {
      answer: (request, recognised) =>
        generateAccessToken(request, tokens.authenticate(request, OPENED_BY.iamCredentials, recognised), {
          iam,
          tokens,
          now,
        }),
      refusal: refusal(apiError),
    },
    'cloudresourcemanager.googleapis.com': {
      answer: (request, recognised) =>
        resourceManager(request, tokens.authenticate(request, OPENED_BY.resourceManager, recognised), {
          projects,
          iam,
        }),
      refusal: refusal(apiError),
    },
    'storage.googleapis.com': {
      answer: (request, recognised) =>
        storage(request, tokens.authenticate(request, OPENED_BY.storage, recognised), { projects, buckets, iam }),
      refusal: refusal(storageError),
    },
  }
}
