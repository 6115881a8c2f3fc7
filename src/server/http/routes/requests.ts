import { createRoute, z } from '@hono/zod-openapi'
import { LONGEST_WAIT_SECONDS } from '../../../contract/request.ts'
import { accessRequest, accessRequests, denial, explanation, newRequest } from '../schemas/request.ts'
import type { App, Services } from '../types.ts'
import { answers, jsonBody, loggedIn } from './answers.ts'

const id = z.object({ id: z.string().max(64) })
const common = { security: loggedIn }

const ask = createRoute({
  ...common,
  method: 'post',
  path: '/v1/requests',
  summary: 'Ask for one or more targets: all or none',
  request: {
    headers: z.object({
      'idempotency-key': z
        .string()
        .regex(/^[\x21-\x7e]{8,128}$/)
        .openapi({ description: 'A repeat with the same key and body answers with the first request' }),
    }),
    body: jsonBody(newRequest),
  },
  responses: answers('The request, decided by policy or pending', accessRequest),
})
const explain = createRoute({
  ...common,
  method: 'post',
  path: '/v1/requests/explain',
  summary: 'How a request would be decided; asks nothing',
  request: { body: jsonBody(newRequest) },
  responses: answers('One verdict per target', explanation),
})
const list = createRoute({
  ...common,
  method: 'get',
  path: '/v1/requests',
  summary: 'My requests, or those that I may decide',
  request: { query: z.strictObject({ which: z.enum(['mine', 'to-review']) }) },
  responses: answers('Newest first', accessRequests),
})
const WAIT =
  'Seconds. A job that waits means to collect: `denied` where another run asked. Without a wait, whoever may see the request sees it'
const get = createRoute({
  ...common,
  method: 'get',
  path: '/v1/requests/{id}',
  summary: 'One request, at once or as soon as it is no longer pending',
  request: {
    params: id,
    query: z.strictObject({
      wait: z
        .string()
        .regex(/^\d{1,2}$/)
        .transform(Number)
        .refine((seconds) => seconds <= LONGEST_WAIT_SECONDS, `must be 0 to ${LONGEST_WAIT_SECONDS}`)
        .default(0)
        .openapi({ type: 'integer', minimum: 0, maximum: LONGEST_WAIT_SECONDS, description: WAIT }),
    }),
  },
  responses: answers('The request', accessRequest),
})
const approve = createRoute({
  ...common,
  method: 'post',
  path: '/v1/requests/{id}/approve',
  summary: 'Approve; never one’s own',
  request: { params: id },
  responses: answers('The request', accessRequest),
})
const deny = createRoute({
  ...common,
  method: 'post',
  path: '/v1/requests/{id}/deny',
  summary: 'Deny',
  request: { params: id, body: jsonBody(denial) },
  responses: answers('The request', accessRequest),
})
const cancel = createRoute({
  ...common,
  method: 'post',
  path: '/v1/requests/{id}/cancel',
  summary: 'Take back one’s own request',
  request: { params: id },
  responses: answers('The request', accessRequest),
})

export function requestRoutes(app: App, { approvals, stopping }: Services): void {
  app.openapi(ask, async (c) => {
    const { 'idempotency-key': key } = c.req.valid('header')
    return c.json(await approvals.ask(c.get('caller'), c.req.valid('json'), key), 200)
  })
  app.openapi(explain, async (c) => c.json(await approvals.explain(c.get('caller'), c.req.valid('json')), 200))
  app.openapi(list, async (c) => {
    return c.json({ requests: await approvals.list(c.get('caller'), c.req.valid('query').which) }, 200)
  })
  app.openapi(get, async (c) => {
    const waitMs = c.req.valid('query').wait * 1000
    const gone = AbortSignal.any([stopping, c.req.raw.signal])
    const { id } = c.req.valid('param')
    if (waitMs === 0) return c.json(await approvals.get(c.get('caller'), id), 200)
    return c.json(await approvals.wait(c.get('caller'), id, waitMs, gone), 200)
  })
  app.openapi(approve, async (c) => c.json(await approvals.approve(c.get('caller'), c.req.valid('param').id), 200))
  app.openapi(deny, async (c) => {
    const { reason } = c.req.valid('json')
    return c.json(await approvals.deny(c.get('caller'), c.req.valid('param').id, reason), 200)
  })
  app.openapi(cancel, async (c) => c.json(await approvals.cancel(c.get('caller'), c.req.valid('param').id), 200))
}
