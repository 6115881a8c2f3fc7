import { z } from '@hono/zod-openapi'
import { LONGEST_TEXT } from '../../../contract/plain-text.ts'
import {
  type AccessRequest,
  type Explanation,
  LOGIN_FLOWS,
  type NewRequest,
  REQUEST_STATES,
} from '../../../contract/request.ts'
import { DELIVERY_MODES } from '../../../contract/target.ts'
import { shapeOf } from '../same-shape.ts'
import { grant } from './grant.ts'
import { instant, list, maybe, person, reasonText, seconds, targetName } from './members.ts'
import { approvalRule } from './target.ts'

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
