import { z } from '@hono/zod-openapi'
import {
  type ChannelAnswer,
  type ChannelCall,
  LONGEST_CHANNEL_WAIT_SECONDS,
  MOST_CHANNEL_GRANTS,
} from '../../contract/channel.ts'
import { type Discovery, PROTOCOL_VERSION } from '../../contract/discovery.ts'
import {
  CHANNEL_RULES,
  type CredentialsAnswer,
  type CredentialsCall,
  END_REASONS,
  GRANT_STATES,
  type Grant,
  type PublicKey,
} from '../../contract/grant.ts'
import { INSTANT, isInstant } from '../../contract/narrow.ts'
import type { Person } from '../../contract/person.ts'
import { LONGEST_TEXT } from '../../contract/plain-text.ts'
import { PROBLEM_STATUS, type Problem, type ProblemCode } from '../../contract/problem.ts'
import {
  type AccessRequest,
  type Explanation,
  LOGIN_FLOWS,
  type NewRequest,
  REQUEST_STATES,
} from '../../contract/request.ts'
import { RECEIPT_OUTCOMES, type Receipt } from '../../contract/receipt.ts'
import type { Me, SessionAnswer, SessionCall } from '../../contract/session.ts'
import { STOP_SCOPES, type Stop, type StopAnswer, type StopCall } from '../../contract/stop.ts'
import { type ApprovalRule, CLOUDS, DELIVERY_MODES, TARGET_NAME, type Target } from '../../contract/target.ts'
import { shapeOf } from './same-shape.ts'

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/** May be absent, never `undefined` (`exactOptionalPropertyTypes`); JSON has no `undefined`, so both parse alike. The OpenAPI generator only knows `optional`. */
const maybe = <S extends z.ZodType>(schema: S): z.ZodExactOptional<S> =>
  schema.optional() as unknown as z.ZodExactOptional<S>

const instant = z
  .string()
  .regex(INSTANT, 'must be a UTC time such as 2026-11-21T23:30:00Z')
  .refine(isInstant, 'is no time')
  .openapi({ format: 'date-time', example: '2026-11-21T23:30:00Z' })
const seconds = z.number().int().positive()
/** Far beyond what is taken, so that a reader can say what is allowed in the words of the request (`contract/plain-text.ts`). */
const reasonText = z.string().max(2000, `may have ${LONGEST_TEXT.reason} characters at most`)
const targetName = z.string().regex(TARGET_NAME)
const person = shapeOf<Person>()(
  z.strictObject({ issuer: z.string(), subject: z.string(), name: z.string(), email: maybe(z.string()) }),
).openapi('Person')

const approvalRule = shapeOf<ApprovalRule>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('automatic') }),
    z.strictObject({ kind: z.literal('people'), approvers: list(z.string()), quorum: z.number().int() }),
    z.strictObject({ kind: z.literal('refused'), why: z.string() }),
  ]),
).openapi('ApprovalRule')

const target = shapeOf<Target>()(
  z.strictObject({
    name: targetName,
    description: maybe(z.string()),
    access: list(
      z.strictObject({
        cloud: z.enum(CLOUDS),
        account: z.string(),
        role: z.string(),
        profile: z.string(),
        region: maybe(z.string()),
      }),
    ),
    maxDurationSeconds: z.number().int().nonnegative(),
    approval: approvalRule,
    deliver: maybe(z.enum(DELIVERY_MODES)),
  }),
).openapi('Target')

export const targets = z.strictObject({ targets: list(target) }).openapi('Targets')

const grantShape = shapeOf<Grant>()(
  z.strictObject({
    id: z.string(),
    requestId: z.string(),
    target: targetName,
    state: z.enum(GRANT_STATES),
    endReason: maybe(z.enum(END_REASONS)),
    startsAt: instant,
    endsAt: instant,
    deliver: maybe(z.enum(DELIVERY_MODES)),
    channel: maybe(z.enum(CHANNEL_RULES)),
  }),
)
export const grant = grantShape.openapi('Grant')

/**
 * Body of `POST /v1/requests`: types and sizes. What a duration, a target or a reason must be like says `Approvals`, in
 * words that help whoever asked.
 */
export const newRequest = shapeOf<NewRequest>()(
  z.strictObject({
    targets: z.array(z.string().max(100)).max(100).readonly(),
    durationSeconds: z.number().int(),
    reason: reasonText,
    ticket: maybe(z.string().max(500, `may have ${LONGEST_TEXT.ticket} characters at most`)),
    startsAt: maybe(z.string().max(40)),
    deliver: maybe(z.enum(DELIVERY_MODES)),
    host: z.string().max(500),
  }),
).openapi('NewRequest')

export const accessRequest = shapeOf<AccessRequest>()(
  z.strictObject({
    id: z.string(),
    state: z.enum(REQUEST_STATES),
    targets: list(targetName),
    durationSeconds: seconds,
    reason: z.string(),
    ticket: maybe(z.string()),
    requester: person,
    origin: z.strictObject({ host: z.string(), address: z.string(), flow: z.enum(LOGIN_FLOWS) }),
    fingerprint: z.string(),
    createdAt: instant,
    expiresAt: instant,
    startsAt: maybe(instant),
    needs: list(z.strictObject({ target: targetName, approval: approvalRule, approvedBy: list(person) })),
    decision: maybe(
      z.strictObject({
        outcome: z.enum(['approved', 'denied']),
        by: z.enum(['policy', 'people']),
        people: list(person),
        policies: list(z.string()),
        at: instant,
        reason: maybe(z.string()),
      }),
    ),
    grants: list(grant),
  }),
).openapi('AccessRequest')

export const accessRequests = z.strictObject({ requests: list(accessRequest) }).openapi('AccessRequests')

export const explanation = shapeOf<Explanation>()(
  z.strictObject({
    targets: list(
      z.strictObject({
        target: targetName,
        approval: approvalRule,
        maxDurationSeconds: z.number().int(),
        policies: list(z.string()),
      }),
    ),
  }),
).openapi('Explanation')

/** Body of `POST /v1/requests/{id}/deny`. */
export const denial = z.strictObject({ reason: reasonText }).openapi('Denial')

const coordinate = z.string().regex(/^[\w-]{43}$/)
const publicKey = shapeOf<PublicKey>()(
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
)
export const credentialsCall = shapeOf<CredentialsCall>()(z.strictObject({ key: publicKey })).openapi('CredentialsCall')
export const credentialsAnswer = shapeOf<CredentialsAnswer>()(
  z.strictObject({
    grant,
    credentials: list(z.strictObject({ cloud: z.enum(CLOUDS), profile: z.string(), jwe: z.string() })),
  }),
).openapi('CredentialsAnswer')

/** Body of `POST /v1/channel`. */
export const channelCall = shapeOf<ChannelCall>()(
  z.strictObject({
    grants: z.array(z.string().max(64)).max(MOST_CHANNEL_GRANTS).readonly(),
    waitSeconds: z.number().int().min(0).max(LONGEST_CHANNEL_WAIT_SECONDS),
  }),
).openapi('ChannelCall')
export const channelAnswer = shapeOf<ChannelAnswer>()(
  z.strictObject({ ended: list(z.strictObject({ grant: z.string(), reason: z.enum(END_REASONS) })) }),
).openapi('ChannelAnswer')

/** Body of `POST /v1/grants/{id}/receipts`. */
export const receipt = shapeOf<Receipt>()(
  z.strictObject({
    outcome: z.enum(RECEIPT_OUTCOMES),
    at: instant,
    machine: z.string().max(64),
    why: maybe(z.string().max(2000)),
  }),
).openapi('Receipt')
export const receiptAnswer = z.strictObject({ recorded: z.literal('yes') }).openapi('ReceiptAnswer')

/** Body of `POST /v1/stops`. */
export const stopCall = shapeOf<StopCall>()(
  z.strictObject({ scope: z.enum(STOP_SCOPES), value: maybe(z.string().max(1000)), reason: reasonText }),
).openapi('StopCall')
export const stop = shapeOf<Stop>()(
  z.strictObject({
    id: z.string(),
    scope: z.enum(STOP_SCOPES),
    value: maybe(z.string()),
    reason: z.string(),
    by: person,
    at: instant,
    liftedAt: maybe(instant),
  }),
).openapi('Stop')
export const stopAnswer = shapeOf<StopAnswer>()(
  z.strictObject({ stop, endedGrants: z.number().int(), cancelledRequests: z.number().int() }),
).openapi('StopAnswer')
export const stops = z.strictObject({ stops: list(stop) }).openapi('Stops')

export const sessionCall = shapeOf<SessionCall>()(z.strictObject({ idToken: z.string().max(32 * 1024) })).openapi(
  'SessionCall',
)
export const me = shapeOf<Me>()(
  z.strictObject({
    person,
    groups: list(z.string()),
    flow: z.enum(LOGIN_FLOWS),
    pipelines: maybe(list(z.string())),
  }),
).openapi('Me')
export const sessionAnswer = shapeOf<SessionAnswer>()(
  z.strictObject({ accessToken: z.string(), expiresInSeconds: seconds, me }),
).openapi('SessionAnswer')

export const discovery = shapeOf<Discovery>()(
  z.strictObject({
    protocol: z.number().int().openapi({ example: PROTOCOL_VERSION }),
    endpoint: z.string(),
    idp: z.strictObject({
      issuer: z.string(),
      clients: z.strictObject({ browser: maybe(z.string()), device: maybe(z.string()) }),
      scopes: list(z.string()),
    }),
    workloads: maybe(z.strictObject({ audience: z.string(), providers: list(z.string()) })),
  }),
).openapi('Discovery')

export const health = z.strictObject({ status: z.literal('ok') }).openapi('Health')

const codes = Object.keys(PROBLEM_STATUS) as [ProblemCode, ...ProblemCode[]]
export const problem = shapeOf<Problem>()(
  z.strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(codes),
    detail: z.string(),
    hint: maybe(z.string()),
  }),
).openapi('Problem')
