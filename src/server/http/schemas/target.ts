import { z } from '@hono/zod-openapi'
import { type ApprovalRule, CLOUDS, DELIVERY_MODES, type Target } from '../../../contract/target.ts'
import { shapeOf } from '../same-shape.ts'
import { list, maybe, targetName } from './members.ts'

export const approvalRule = shapeOf<ApprovalRule>()(
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
