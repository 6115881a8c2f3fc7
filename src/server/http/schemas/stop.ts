import { z } from '@hono/zod-openapi'
import { type Stop, STOP_SCOPES, type StopAnswer, type StopCall } from '../../../contract/stop.ts'
import { shapeOf } from '../same-shape.ts'
import { instant, list, maybe, person, reasonText } from './members.ts'

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
