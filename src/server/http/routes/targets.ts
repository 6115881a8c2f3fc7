import { createRoute } from '@hono/zod-openapi'
import type { Target } from '../../../contract/target.ts'
import type { Caller } from '../../approvals/types.ts'
import type { ConfiguredTarget } from '../../config/types.ts'
import type { Policy } from '../../policy/types.ts'
import { targets } from '../schemas.ts'
import type { App, Services } from '../types.ts'
import { answers, loggedIn } from './answers.ts'

/** The list shows how a request of this length would be decided; `explain` answers for any other. */
const TYPICAL_SECONDS = 3600

const listTargets = createRoute({
  method: 'get',
  path: '/v1/targets',
  summary: 'What I may ask for, and who decides',
  security: loggedIn,
  responses: answers('Targets that policy does not refuse me', targets),
})

export function targetRoutes(app: App, { config, policy, clock }: Services): void {
  app.openapi(listTargets, (c) => {
    const seen = config.targets.map((target) => asSeenBy(c.get('caller'), target, policy, clock.now()))
    return c.json({ targets: seen.filter(({ approval }) => approval.kind !== 'refused') }, 200)
  })
}

function asSeenBy(caller: Caller, target: ConfiguredTarget, policy: Policy, nowMs: number): Target {
  const durationSeconds = Math.min(TYPICAL_SECONDS, target.maxDurationSeconds)
  const { approval, maxDurationSeconds, deliver } = policy.judge(caller, target, { durationSeconds, nowMs, reason: '' })
  const { name, description, aws } = target
  return {
    name,
    ...(description === undefined ? {} : { description }),
    access:
      aws === undefined
        ? []
        : [{ cloud: 'aws', account: aws.account, role: aws.roleArn, profile: aws.profile, region: aws.region }],
    maxDurationSeconds,
    approval,
    ...(deliver === undefined ? {} : { deliver }),
  }
}
