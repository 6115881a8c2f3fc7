import type { HttpBindings } from '@hono/node-server'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Approvals, Caller } from '../approvals/types.ts'
import type { Authentication, ProvedCall } from '../auth/types.ts'
import type { Config } from '../config/types.ts'
import type { Exchange } from '../exchange/types.ts'
import type { Policy } from '../policy/types.ts'
import type { Tokens } from '../tokens/types.ts'
import type { Log } from './log.ts'
import type { Rate } from './rate-limit.ts'

/** What the routes need of the endpoint. */
export type Services = {
  readonly config: Pick<Config, 'endpoint' | 'idp' | 'session' | 'targets' | 'trustedProxies' | 'workloads'>
  readonly authentication: Authentication
  readonly tokens: Pick<Tokens, 'accessToken' | 'jwks'>
  readonly approvals: Approvals
  readonly policy: Policy
  readonly exchange: Exchange
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Fires when the endpoint is asked to stop: waiting calls answer at once. */
  readonly stopping: AbortSignal
  /** Calls per person, those for news of grants apart; logins and failed proofs per address. Absent: {@link DEFAULT_RATES}. */
  readonly rates?: { readonly person: Rate; readonly channel: Rate; readonly address: Rate }
}

/** What earlier steps of a call know. */
export type CallState = {
  readonly requestId: string
  /** Proof material, method, path and address of the call. */
  readonly call: ProvedCall
  readonly caller: Caller
}
export type Env = { Bindings: HttpBindings; Variables: CallState }
export type App = OpenAPIHono<Env>
