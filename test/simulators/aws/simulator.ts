import { createServer, type IncomingMessage } from 'node:http'
import type { HostHandler } from '../../support/cloud-network.ts'
import { type CloudClock, createCloudClock } from '../cloud-clock.ts'
import { type Accounts, createAccounts, type Session, sessionArn } from './accounts.ts'
import { type SimulatorConfig, type SimulatorOptions, simulatorConfig } from './config.ts'
import { createControl } from './control.ts'
import { createIssuerKeys } from './issuer-keys.ts'
import { formOf, iam, sts } from './query-services.ts'
import type { WireRequest } from './request.ts'
import { s3 } from './s3.ts'
import { authenticate, signedService } from './sigv4.ts'
import { type Answer, AwsError, queryError, s3Error, Unsupported } from './wire.ts'

/** One request as a test may see it: no token, no signature, no secret. */
export type RecordedRequest = {
  readonly at: string
  readonly service: string
  readonly action: string
  readonly signed: boolean
  readonly status: number
  /** AWS's error code, or `ok`. */
  readonly outcome: string
  readonly principal?: string
  /** Parameters of the call but for the token. */
  readonly parameters: Readonly<Record<string, string>>
  readonly userAgent: string
}

export type AwsSimulator = {
  readonly url: string
  /** The same by production host name, as `startCloudNetwork` takes them: STS, S3 and each bucket in `REGION`. */
  readonly hosts: Readonly<Record<string, HostHandler>>
  readonly clock: CloudClock
  readonly requests: readonly RecordedRequest[]
  /** The next `calls` requests are throttled. */
  throttle(calls: number): void
  /** Works after the policy delay, as at AWS. */
  putRolePolicy(roleArn: string, name: string, document: unknown): void
  deleteRolePolicy(roleArn: string, name: string): void
  setPolicyDelay(seconds: number): void
  close(): Promise<void>
}

/** The one region that the production host names are of. */
export const REGION = 'eu-central-1'
const BODY_LIMIT = 256 * 1024

/**
 * STS, a little S3 and IAM's permissions, on 127.0.0.1. `wallNow` is the time that signatures are dated by.
 * Rejects where the configuration holds anything that it could not evaluate.
 */
export async function startAwsSimulator(
  options: SimulatorOptions,
  wallNow: () => number = Date.now,
): Promise<AwsSimulator> {
  const config = simulatorConfig.parse(options)
  const clock = createCloudClock(wallNow)
  const accounts = createAccounts(config, clock.now)
  const requests: RecordedRequest[] = []
  const throttled = { calls: 0 }
  const handle = createHandler({ config, accounts, clock, wallNow, requests, throttled })
  const knobs = {
    clock,
    requests,
    throttle: (calls: number): void => {
      throttled.calls = calls
    },
    putRolePolicy: accounts.putRolePolicy,
    deleteRolePolicy: accounts.deleteRolePolicy,
    setPolicyDelay: (seconds: number): void => accounts.setPolicyDelay(seconds * 1000),
  }
  const control = createControl(knobs)

  const listener: HostHandler = (incoming, outgoing) => {
    const answering = readRequest(incoming).then((request) => control(request) ?? handle(request))
    answering.then(
      ({ status, headers, body }) =>
        outgoing.writeHead(status, headers).end(incoming.method === 'HEAD' ? undefined : body),
      (error: unknown) => outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
    )
  }
  const server = createServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    ...knobs,
    url: `http://127.0.0.1:${address.port}`,
    hosts: Object.fromEntries(hostsOf(config).map((host) => [host, listener])),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

const hostsOf = ({ buckets }: SimulatorConfig): readonly string[] => [
  `sts.${REGION}.amazonaws.com`,
  `s3.${REGION}.amazonaws.com`,
  ...buckets.map(({ name }) => `${name}.s3.${REGION}.amazonaws.com`),
]

type HandlerDeps = {
  readonly config: SimulatorConfig
  readonly accounts: Accounts
  readonly clock: CloudClock
  readonly wallNow: () => number
  readonly requests: RecordedRequest[]
  readonly throttled: { calls: number }
}

function createHandler({ config, accounts, clock, wallNow, requests, throttled }: HandlerDeps) {
  const { now } = clock
  const keys = createIssuerKeys({
    now,
    cacheMs: config.keyCacheSeconds * 1000,
    allowLoopback: config.allowLoopbackIssuers,
    certificates: config.issuerCertificates,
  })

  async function answer(request: WireRequest, service: string, seen: { caller?: Session }): Promise<Answer> {
    if (throttled.calls > 0) {
      throttled.calls -= 1
      throw service === 's3'
        ? new AwsError(503, 'SlowDown', 'Please reduce your request rate.')
        : new AwsError(400, 'Throttling', 'Rate exceeded')
    }
    const signed = request.headers['authorization'] !== undefined
    const caller = signed ? authenticate(request, { accounts, now, wallNow }) : undefined
    if (caller !== undefined) seen.caller = caller
    if (service === 'sts') return sts(formOf(request), caller, { accounts, keys, now })
    if (caller === undefined) throw new AwsError(403, 'AccessDenied', 'Access Denied')
    if (service === 'iam') return iam(formOf(request), caller, now())
    if (service === 's3') return s3(request, caller, config.buckets, now())
    throw new Unsupported(`the service ${service}`)
  }

  return async (request: WireRequest): Promise<Answer> => {
    const service = signedService(request) ?? (request.method === 'POST' ? 'sts' : 's3')
    const seen: { caller?: Session } = {}
    const { reply, outcome } = await answer(request, service, seen).then(
      (reply) => ({ reply, outcome: 'ok' }),
      (error: unknown) => {
        if (!(error instanceof AwsError)) throw error
        return { reply: (service === 's3' ? s3Error : queryError)(error), outcome: error.code }
      },
    )
    requests.push({
      ...described(request, service),
      at: new Date(now()).toISOString(),
      status: reply.status,
      outcome,
      ...(seen.caller !== undefined && { principal: sessionArn(seen.caller) }),
    })
    return reply
  }
}

function described(request: WireRequest, service: string) {
  const form = new URLSearchParams(service === 's3' ? request.query : request.body.toString('utf8'))
  const parameters = Object.fromEntries([...form].filter(([name]) => !/token|secret|signature/i.test(name)))
  const action = service === 's3' ? `${request.method} ${request.path}` : (form.get('Action') ?? '')
  const signed = request.headers['authorization'] !== undefined
  return { service, action, signed, parameters, userAgent: request.headers['user-agent'] ?? '' }
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming) {
    const bytes: Buffer = chunk
    length += bytes.length
    if (length > BODY_LIMIT) throw new Error('body too large')
    chunks.push(bytes)
  }
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?')
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
  return { method: incoming.method ?? '', path, query, headers, body: Buffer.concat(chunks) }
}
