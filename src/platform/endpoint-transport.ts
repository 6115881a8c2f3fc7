import { clockOffset, refuseSkew } from '../base/clock-skew.ts'
import { JitError } from '../base/errors.ts'
import { problemError } from '../base/problem-error.ts'
import { type Reader, ShapeError } from '../contract/narrow.ts'
import { type Problem, readProblem } from '../contract/problem.ts'
import type { Clock } from './clock.ts'
import { type Http, HttpError, type HttpResponse } from './http.ts'
import { unreachable } from './unreachable.ts'

/** One call of the endpoint's API. `path` starts with `/v1/`. */
export type EndpointCall = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Goes through although the clock is far off: for what takes access away. */
  readonly anyClock?: boolean
}

/** Headers that prove one try of one call (RFC 9449 §7.1); asked again when the endpoint wants a nonce. */
export type Prove = (call: {
  readonly method: string
  readonly url: string
  readonly nonce?: string
  readonly clockOffsetMs: number
}) => Promise<Readonly<Record<string, string>>>

/** Calls one endpoint; remembers its last DPoP nonce and how far this machine's clock is off. Rejects with `JitError` only. */
export interface EndpointTransport {
  /** Any status is an answer; {@link readAnswer} makes sense of it. */
  send(call: EndpointCall, prove: Prove): Promise<HttpResponse>
  clockOffsetMs(): number
}

type Deps = {
  readonly endpoint: string
  readonly http: Http
  readonly clock: Clock
  readonly platform: NodeJS.Platform
  /** What {@link greet} brings; of another endpoint it counts for nothing. */
  readonly greeted?: Promise<Greeting | undefined>
}

/** What an answer tells of the endpoint, whatever was asked. `offsetMs`: this machine's clock minus the endpoint's. */
type Learnt = { readonly nonce?: string; readonly offsetMs?: number }
export type Greeting = Learnt & { readonly endpoint: string }

const GREETING_LIMIT_MS = 1000

/**
 * Opens the connection, and has the endpoint say its nonce and its time, while the caller still fetches what proves who he is.
 * `undefined` where it does not answer soon: the first call finds out why.
 */
export async function greet({
  endpoint,
  http,
  clock,
}: Pick<Deps, 'endpoint' | 'http' | 'clock'>): Promise<Greeting | undefined> {
  try {
    const answer = await http({ method: 'GET', url: `${endpoint}/v1/health`, timeoutMs: GREETING_LIMIT_MS })
    return { endpoint, ...learntFrom(answer, clock) }
  } catch {
    return undefined
  }
}

function learntFrom({ headers }: HttpResponse, clock: Clock): Learnt {
  const nonce = headers.get('dpop-nonce')
  const offsetMs = clockOffset(headers, clock.now())
  return { ...(nonce !== null && { nonce }), ...(offsetMs !== undefined && { offsetMs }) }
}

export function endpointTransport({ endpoint, http, clock, platform, greeted }: Deps): EndpointTransport {
  let nonce: string | undefined
  let offsetMs = 0
  const learn = (learnt: Learnt): void => {
    nonce = learnt.nonce ?? nonce
    offsetMs = learnt.offsetMs ?? offsetMs
  }
  let greeting = greeted

  const once = async (call: EndpointCall, prove: Prove): Promise<HttpResponse> => {
    const url = `${endpoint}${call.path}`
    const proof = await prove({
      method: call.method,
      url,
      clockOffsetMs: offsetMs,
      ...(nonce !== undefined && { nonce }),
    })
    const answer = await http({
      method: call.method,
      url,
      headers: {
        accept: 'application/json',
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
        ...call.headers,
        ...proof,
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      timeoutMs: call.timeoutMs,
      ...(call.signal && { signal: call.signal }),
    }).catch((error: unknown) => {
      throw error instanceof HttpError ? unreachable('ENDPOINT_UNREACHABLE', 'The approval endpoint', error) : error
    })
    learn(learntFrom(answer, clock))
    return answer
  }

  return {
    async send(call, prove) {
      const early = await greeting
      if (early?.endpoint === endpoint) learn(early)
      greeting = undefined
      let answer = await once(call, prove)
      if (problemOf(answer)?.code === 'use_dpop_nonce') answer = await once(call, prove)
      if (call.anyClock !== true) refuseSkew(offsetMs, platform)
      return answer
    },
    clockOffsetMs: () => offsetMs,
  }
}

/** The refusal in an answer, if it is one in the endpoint's own form (RFC 9457). */
export function problemOf(answer: HttpResponse): Problem | undefined {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) return undefined
  try {
    return readProblem(JSON.parse(answer.text), 'problem')
  } catch {
    return undefined // not in that form after all: readAnswer says so
  }
}

/** What the answer says, or the refusal in it as `JitError`. */
export function readAnswer<T>(answer: HttpResponse, endpoint: string, read: Reader<T>): T {
  if (answer.status >= 200 && answer.status < 300) return readJson(answer, endpoint, read)
  const problem = problemOf(answer)
  if (problem !== undefined) throw problemError(problem)
  const { host } = new URL(endpoint)
  if (answer.status >= 500)
    throw new JitError(
      'ENDPOINT_UNREACHABLE',
      `The approval endpoint cannot be reached: ${host} answered ${answer.status} without a reason.`,
      'Try again; if it stays so, tell the people who run the endpoint.',
    )
  throw foreign(host, `status ${answer.status}`)
}

function readJson<T>(answer: HttpResponse, endpoint: string, read: Reader<T>): T {
  try {
    return read(JSON.parse(answer.text), 'answer')
  } catch (error) {
    if (error instanceof ShapeError || error instanceof SyntaxError)
      throw foreign(new URL(endpoint).host, error instanceof ShapeError ? error.message : 'no JSON', error)
    throw error
  }
}

const foreign = (host: string, what: string, cause?: unknown): JitError =>
  new JitError(
    'ENDPOINT_INVALID',
    `${host} does not answer like an approval endpoint of this version (${what}).`,
    'Check the address, and that no proxy or sign-in page is in between. If it is right, update jit.',
    { cause },
  )
