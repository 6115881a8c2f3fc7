import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { identifier } from '../../base/identifier.ts'
import { addressRanges } from '../../platform/address-ranges.ts'
import { Refusal } from '../refusal.ts'
import { clientAddress } from './client-address.ts'
import { challenge, problemOf } from './problem.ts'
import type { RateLimit } from './rate-limit.ts'
import { DuplicateMember, parseJson } from './strict-json.ts'
import type { Env, Services } from './types.ts'

type Step = MiddlewareHandler<Env>

/** The path that proofs name: what lies below the endpoint's own URL. */
function pathBelow(endpoint: string, path: string): string {
  const { pathname } = new URL(endpoint)
  return pathname !== '/' && path.startsWith(pathname) ? path.slice(pathname.length) : path
}

/** Gives the call an id, logs it when answered (never its headers or body), and sets the headers that each answer carries. */
export function observe({ config, authentication, log, clock, random, stopping }: Services): Step {
  const isTrustedProxy = addressRanges(config.trustedProxies)
  return async (c, next) => {
    const started = clock.now()
    const peer = c.env.incoming.socket.remoteAddress
    const call = {
      method: c.req.method,
      path: pathBelow(config.endpoint, c.req.path),
      authorization: c.req.header('authorization'),
      dpop: c.req.header('dpop'),
      address: clientAddress(peer, c.req.header('x-forwarded-for'), isTrustedProxy),
    }
    c.set('call', call)
    c.set('requestId', identifier('q', random.bytes(16)))
    await next()
    // Not through hono, which would copy an answer that is made, once for each header and through a stream. A route's own header wins.
    const { outgoing } = c.env
    outgoing.setHeader('DPoP-Nonce', authentication.nonce())
    outgoing.setHeader('X-Request-Id', c.get('requestId'))
    outgoing.setHeader('X-Content-Type-Options', 'nosniff')
    outgoing.setHeader('Cache-Control', 'no-store')
    if (stopping.aborted) outgoing.setHeader('Connection', 'close')
    const { method, path, address } = call
    const ms = clock.now() - started
    log.info({ requestId: c.get('requestId'), method, path, address, status: c.res.status, ms }, 'call')
  }
}

/** The caller by token and proof. Failed proofs count against the address, good calls against the person. */
export function authenticate(services: Services, limits: { person: RateLimit; address: RateLimit }): Step {
  return async (c, next) => {
    const call = c.get('call')
    const caller = await chargingFailures(limits.address, call.address, () => services.authentication.caller(call))
    const { issuer, subject } = caller.person
    const who = JSON.stringify([issuer, subject])
    limits.person.demand(who)
    limits.person.charge(who)
    c.set('caller', caller)
    await next()
  }
}

/**
 * Asking for a nonce is no failure: each new process of the CLI begins with it. A call that proves who makes it always goes
 * through, or any stranger behind the same address (one office, one proxy) could lock everybody out.
 */
export async function chargingFailures<T>(limit: RateLimit, address: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && error.code === 'use_dpop_nonce') throw error
    limit.demand(address)
    limit.charge(address)
    throw error
  }
}

/** A body is JSON or absent. Reads it once; the validators then find it cached. */
export const readJsonBody: Step = async (c, next) => {
  const text = c.req.method === 'POST' ? await c.req.text() : ''
  if (text !== '') {
    if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
      throw new Refusal('invalid_request', 'The body must be application/json.')
    try {
      parseJson(text)
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      const detail = cause instanceof DuplicateMember ? cause.message : 'The body is not JSON.'
      throw new Refusal('invalid_request', detail, undefined, { cause })
    }
  }
  await next()
}

/** The one place where errors become answers. What is no `Refusal` is a bug: the log gets it all, the caller an id to ask about. */
export function answerError({ log }: Pick<Services, 'log'>): (error: Error, c: Context<Env>) => Response {
  return (error, c) => {
    const requestId = c.get('requestId')
    if (error instanceof HTTPException && error.status === 400)
      return refuse(c, new Refusal('invalid_request', 'The call needs a JSON body.'))
    if (!(error instanceof Refusal)) {
      log.error({ requestId, err: error }, 'bug')
      return refuse(
        c,
        new Refusal('internal', `Something failed in the endpoint. Its log says more under ${requestId}.`),
      )
    }
    const entry = { requestId, code: error.code, detail: error.message, err: error.cause }
    if (error.code !== 'use_dpop_nonce') log.warn(entry, 'refused')
    return refuse(c, error)
  }
}

/** A refusal as the caller sees it. */
export function refuse(c: Context<Env>, refusal: Refusal): Response {
  const problem = problemOf(refusal)
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (problem.status === 401) headers['www-authenticate'] = challenge(problem)
  if (problem.status === 429) headers['retry-after'] = '1'
  return c.body(JSON.stringify(problem), problem.status as 400, headers)
}
