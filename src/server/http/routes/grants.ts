import { createRoute, z } from '@hono/zod-openapi'
import { Refusal } from '../../refusal.ts'
import { credentialsAnswer, credentialsCall, grant } from '../schemas.ts'
import type { App, Services } from '../types.ts'
import { answers, jsonBody, loggedIn } from './answers.ts'

const id = z.object({ id: z.string().max(64) })

const credentials = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/credentials',
  summary: 'Exchange my active grant at each cloud of its target; the results are encrypted to the key sent along',
  security: loggedIn,
  request: { params: id, body: jsonBody(credentialsCall) },
  responses: answers('The grant and its sealed credentials', credentialsAnswer),
})
const end = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/end',
  summary: 'End my grant before its time is up',
  security: loggedIn,
  request: { params: id },
  responses: answers('The grant', grant),
})

export function grantRoutes(app: App, { approvals, exchange, config }: Services): void {
  app.openapi(credentials, async (c) => {
    const issue = await approvals.issue(c.get('caller'), c.req.valid('param').id)
    const target = config.targets.find(({ name }) => name === issue.grant.target)
    if (target === undefined) throw new Refusal('not_found', `There is no target ${issue.grant.target} any more.`)
    return c.json(await exchange.exchange(issue, target, c.req.valid('json').key), 200)
  })
  app.openapi(end, async (c) => {
    return c.json(await approvals.end(c.get('caller'), c.req.valid('param').id, 'revoked'), 200)
  })
}
