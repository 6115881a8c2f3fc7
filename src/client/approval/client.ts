import { readChannelAnswer } from '../../contract/channel.ts'
import { readCredentialsAnswer, readGrant } from '../../contract/grant.ts'
import type { Reader } from '../../contract/narrow.ts'
import { readReceiptAnswer } from '../../contract/receipt.ts'
import { readAccessRequest, readAccessRequests, readExplanation } from '../../contract/request.ts'
import { readMe } from '../../contract/session.ts'
import { readStop, readStopAnswer, readStops } from '../../contract/stop.ts'
import { readTargets } from '../../contract/target.ts'
import type { Clock } from '../../platform/clock.ts'
import {
  type EndpointCall,
  endpointTransport,
  type Greeting,
  problemOf,
  readAnswer,
} from '../../platform/endpoint-transport.ts'
import type { Http, HttpResponse } from '../../platform/http.ts'
import type { Identity } from '../identity/types.ts'
import type { ApprovalApi } from './types.ts'

export type ApprovalDeps = {
  readonly identity: Identity
  readonly http: Http
  readonly clock: Clock
  readonly platform: NodeJS.Platform
  /** What `greet` brings, where somebody did. */
  readonly greeted?: Promise<Greeting | undefined>
}

/** Enough for any answer but those of long polls, which add their wait, and of an exchange, which waits for a cloud. */
const LIMIT_MS = 15_000
/** A machine that must hear within a minute has no time for more. */
const CHANNEL_LIMIT_MS = 10_000
const EXCHANGE_LIMIT_MS = 60_000

/** The endpoint's API over HTTP, each call with access token and DPoP proof (RFC 9449 §7.1). */
export function approvalApi({ identity, ...rest }: ApprovalDeps): ApprovalApi {
  const { endpoint } = identity
  const transport = endpointTransport({ endpoint, ...rest })

  const send = async (call: EndpointCall, renew: boolean): Promise<HttpResponse> => {
    const accessToken = await identity.accessToken({ renew, ...(call.signal && { signal: call.signal }) })
    return transport.send(call, async (attempt) => ({
      authorization: `DPoP ${accessToken}`,
      dpop: await identity.proof({ ...attempt, accessToken }),
    }))
  }
  /** A token that the endpoint no longer takes, though it looks alive here, is renewed once. */
  const call = async <T>(request: EndpointCall, read: Reader<T>): Promise<T> => {
    const answer = await send(request, false)
    const isStale = problemOf(answer)?.code === 'invalid_token'
    return readAnswer(isStale ? await send(request, true) : answer, endpoint, read)
  }
  const get = <T>(path: string, read: Reader<T>, signal?: AbortSignal): Promise<T> =>
    call({ method: 'GET', path, timeoutMs: LIMIT_MS, signal }, read)
  const post = <T>(path: string, body: unknown, read: Reader<T>, more: Partial<EndpointCall>): Promise<T> =>
    call({ method: 'POST', path, body, timeoutMs: LIMIT_MS, ...more }, read)
  const at = (id: string): string => encodeURIComponent(id)

  return {
    get jkt() {
      return identity.jkt
    },
    me: (signal) => get('/v1/me', readMe, signal),
    targets: async (signal) => (await get('/v1/targets', readTargets, signal)).targets,
    explain: (request, signal) => post('/v1/requests/explain', request, readExplanation, { signal }),
    ask: (request, idempotencyKey, signal) =>
      post('/v1/requests', request, readAccessRequest, { headers: { 'idempotency-key': idempotencyKey }, signal }),
    request: (id, waitSeconds, signal) =>
      call(
        {
          method: 'GET',
          path: `/v1/requests/${at(id)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`,
          timeoutMs: LIMIT_MS + waitSeconds * 1000,
          signal,
        },
        readAccessRequest,
      ),
    requests: async (which, signal) => (await get(`/v1/requests?which=${which}`, readAccessRequests, signal)).requests,
    approve: (id, signal) => post(`/v1/requests/${at(id)}/approve`, undefined, readAccessRequest, { signal }),
    deny: (id, reason, signal) =>
      post(`/v1/requests/${at(id)}/deny`, { reason }, readAccessRequest, { signal, anyClock: true }),
    cancel: (id, signal) =>
      post(`/v1/requests/${at(id)}/cancel`, undefined, readAccessRequest, { signal, anyClock: true }),
    credentials: (grantId, key, signal) =>
      post(`/v1/grants/${at(grantId)}/credentials`, { key }, readCredentialsAnswer, {
        signal,
        timeoutMs: EXCHANGE_LIMIT_MS,
      }),
    endGrant: (grantId, signal) =>
      post(`/v1/grants/${at(grantId)}/end`, undefined, readGrant, { signal, anyClock: true }),
    channel: (request, signal) =>
      post('/v1/channel', request, readChannelAnswer, {
        signal,
        timeoutMs: CHANNEL_LIMIT_MS + request.waitSeconds * 1000,
        anyClock: true,
      }),
    receipt: async (grantId, receipt, signal) => {
      await post(`/v1/grants/${at(grantId)}/receipts`, receipt, readReceiptAnswer, { signal, anyClock: true })
    },
    stop: (request, signal) => post('/v1/stops', request, readStopAnswer, { signal, anyClock: true }),
    stops: async (signal) => (await get('/v1/stops', readStops, signal)).stops,
    liftStop: (id, signal) => post(`/v1/stops/${at(id)}/lift`, undefined, readStop, { signal }),
    clockOffsetMs: () => transport.clockOffsetMs(),
  }
}
