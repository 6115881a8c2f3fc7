import { z } from '@hono/zod-openapi'
import {
  CHANNEL_RULES,
  type CredentialsAnswer,
  type CredentialsCall,
  END_REASONS,
  type Grant,
  GRANT_STATES,
  type PublicKey,
} from '../../../contract/grant.ts'
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
