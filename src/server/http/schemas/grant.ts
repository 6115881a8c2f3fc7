import { z } from '@hono/zod-openapi'
import {
  type ChannelAnswer,
  type ChannelCall,
  LONGEST_CHANNEL_WAIT_SECONDS,
  MOST_CHANNEL_GRANTS,
} from '../../../contract/channel.ts'
import {
  CHANNEL_RULES,
  type CredentialsAnswer,
  type CredentialsCall,
  END_REASONS,
  type Grant,
  GRANT_STATES,
  type PublicKey,
} from '../../../contract/grant.ts'
import { type Receipt, RECEIPT_OUTCOMES } from '../../../contract/receipt.ts'
import { CLOUDS, DELIVERY_MODES } from '../../../contract/target.ts'
import { shapeOf } from '../same-shape.ts'
import { instant, list, maybe, targetName } from './members.ts'

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
