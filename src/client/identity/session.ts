import { readSessionAnswer, type SessionAnswer } from '../../contract/session.ts'
import { type EndpointTransport, readAnswer } from '../../platform/endpoint-transport.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { dpopProof } from './dpop.ts'
import type { DpopKey } from './types.ts'

const SESSION_LIMIT_MS = 15_000

type Deps = {
  readonly endpoint: string
  readonly transport: EndpointTransport
  readonly clock: Clock
  readonly random: Random
}

/** Turns a fresh ID token into the endpoint's own access token, bound to `key`. */
export async function startSession(
  { endpoint, transport, clock, random }: Deps,
  {
    idToken,
    key,
    signal,
  }: { readonly idToken: string; readonly key: DpopKey; readonly signal?: AbortSignal | undefined },
): Promise<SessionAnswer> {
  const answer = await transport.send(
    { method: 'POST', path: '/v1/sessions', body: { idToken }, timeoutMs: SESSION_LIMIT_MS, signal },
    async ({ clockOffsetMs, ...call }) => ({
      dpop: dpopProof(key, {
        ...call,
        issuedAt: Math.floor((clock.now() - clockOffsetMs) / 1000),
        id: random.bytes(16).toString('base64url'),
      }),
    }),
  )
  return readAnswer(answer, endpoint, readSessionAnswer)
}
