import { createRoute } from '@hono/zod-openapi'
import type { Me } from '../../../contract/session.ts'
import type { Caller } from '../../approvals/types.ts'
import type { RateLimit } from '../rate-limit.ts'
import { me, sessionAnswer, sessionCall } from '../schemas/session.ts'
import { chargingFailures } from '../steps.ts'
import type { App, Services } from '../types.ts'
import { answers, jsonBody, loggedIn } from './answers.ts'

const openSession = createRoute({
  method: 'post',
  path: '/v1/sessions',
  summary:
    'Turn a fresh ID token of the identity provider, or the token of a job, into an access token bound to the key of the DPoP proof',
  request: { body: jsonBody(sessionCall) },
  responses: answers('Access token and who it is for', sessionAnswer),
})
const whoAmI = createRoute({
  method: 'get',
  path: '/v1/me',
  summary: 'Who the endpoint takes the caller for',
  security: loggedIn,
  responses: answers('The caller', me),
})

const meOf = ({ person, groups, flow, workload }: Caller): Me => ({
  person,
  groups,
  flow,
  ...(workload === undefined ? {} : { pipelines: workload.pipelines }),
})

/** Without a session yet: the ID token and the proof say who calls. */
export function sessionRoutes(app: App, { authentication, tokens, config }: Services, address: RateLimit): void {
  app.openapi(openSession, async (c) => {
    const call = c.get('call')
    const { idToken } = c.req.valid('json')
    const caller = await chargingFailures(address, call.address, () => authentication.login(call, idToken))
    const expiresInSeconds = config.session.accessTokenSeconds
    const accessToken = await tokens.accessToken(caller, expiresInSeconds)
    return c.json({ accessToken, expiresInSeconds, me: meOf(caller) }, 200)
  })
}

export function meRoute(app: App): void {
  app.openapi(whoAmI, (c) => c.json(meOf(c.get('caller')), 200))
}
