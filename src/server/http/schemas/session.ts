import { z } from '@hono/zod-openapi'
import { LOGIN_FLOWS } from '../../../contract/request.ts'
import type { Me, SessionAnswer, SessionCall } from '../../../contract/session.ts'
import { shapeOf } from '../same-shape.ts'
import { list, maybe, person, seconds } from './members.ts'

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
