import { createRoute, z } from '@hono/zod-openapi'
import { stop, stopAnswer, stopCall, stops } from '../schemas/stop.ts'
import type { App, Services } from '../types.ts'
import { answers, jsonBody, loggedIn } from './answers.ts'

const throwing = createRoute({
  method: 'post',
  path: '/v1/stops',
  summary: 'The kill switch: end what lives, cancel what waits, and refuse anew until it is lifted',
  security: loggedIn,
  request: { body: jsonBody(stopCall) },
  responses: answers('The stop, and what it ended', stopAnswer),
})
const list = createRoute({
  method: 'get',
  path: '/v1/stops',
  summary: 'Stops in force',
  security: loggedIn,
  responses: answers('The oldest first', stops),
})
const lift = createRoute({
  method: 'post',
  path: '/v1/stops/{id}/lift',
  summary: 'Lift a stop; what it ended stays ended',
  security: loggedIn,
  request: { params: z.object({ id: z.string().max(64) }) },
  responses: answers('The stop', stop),
})

export function stopRoutes(app: App, { approvals }: Services): void {
  app.openapi(throwing, async (c) => c.json(await approvals.throwStop(c.get('caller'), c.req.valid('json')), 200))
  app.openapi(list, async (c) => c.json({ stops: await approvals.listStops(c.get('caller')) }, 200))
  app.openapi(lift, async (c) => c.json(await approvals.liftStop(c.get('caller'), c.req.valid('param').id), 200))
}
