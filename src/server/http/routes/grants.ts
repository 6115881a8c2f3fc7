import { createRoute, z } from '@hono/zod-openapi'
import { Refusal } from '../../refusal.ts'
import { channelAnswer, channelCall } from '../schemas/channel.ts'
import { credentialsAnswer, credentialsCall, grant } from '../schemas/grant.ts'
import { receipt, receiptAnswer } from '../schemas/receipt.ts'
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

const receipts = createRoute({
  method: 'post',
  path: '/v1/grants/{id}/receipts',
  summary: 'What became of my grant’s credentials on one machine: wiped, or stuck and tried again',
  security: loggedIn,
  request: { params: id, body: jsonBody(receipt) },
  responses: answers('It is noted', receiptAnswer),
})
const channel = createRoute({
  method: 'post',
  path: '/v1/channel',
  summary: 'Which of the grants that this machine holds are over: at once, or as soon as one is',
  security: loggedIn,
  request: { body: jsonBody(channelCall) },
  responses: answers('Those that are over; none when the wait is', channelAnswer),
})

export function grantRoutes(app: App, { approvals, exchange, config, stopping }: Services): void {
  app.openapi(credentials, async (c) => {
    const issue = await approvals.issue(c.get('caller'), c.req.valid('param').id)
    const target = config.targets.find(({ name }) => name === issue.grant.target)
    if (target === undefined) throw new Refusal('not_found', `There is no target ${issue.grant.target} any more.`)
    return c.json(await exchange.exchange(issue, target, c.req.valid('json').key), 200)
  })
  app.openapi(end, async (c) => {
    return c.json(await approvals.end(c.get('caller'), c.req.valid('param').id, 'revoked'), 200)
  })
  app.openapi(receipts, async (c) => {
    await approvals.receive(c.get('caller'), c.req.valid('param').id, c.req.valid('json'))
    return c.json({ recorded: 'yes' as const }, 200)
  })
  app.openapi(channel, async (c) => {
    const gone = AbortSignal.any([stopping, c.req.raw.signal])
    return c.json(await approvals.channel(c.get('caller'), c.req.valid('json'), gone), 200)
  })
}
