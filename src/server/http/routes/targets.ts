import { createRoute } from '@hono/zod-openapi'
import { defined } from '../../../base/defined.ts'
import type { CloudAccess, Target } from '../../../contract/target.ts'
import type { ConfiguredTarget } from '../../config/types.ts'
import type { Verdict } from '../../policy/types.ts'
import { targets } from '../schemas/target.ts'
import type { App, Services } from '../types.ts'
import { answers, loggedIn } from './answers.ts'

/** Nothing is asked yet: the list shows how an ordinary short request would be decided; `explain` answers for any other. */
const ORDINARY = { durationSeconds: 60, reason: 'x'.repeat(100) }

const listTargets = createRoute({
  method: 'get',
  path: '/v1/targets',
  summary: 'What I may ask for, and who decides',
  security: loggedIn,
  responses: answers('Targets that some policy is about', targets),
})

export function targetRoutes(app: App, { config, policy, clock }: Services): void {
  app.openapi(listTargets, (c) => {
    const facts = { ...ORDINARY, nowMs: clock.now() }
    const judged = config.targets.map((target) => ({ target, verdict: policy.judge(c.get('caller'), target, facts) }))
    return c.json({ targets: judged.filter(isWithinReach).map(asSeen) }, 200)
  })
}

type Judged = { readonly target: ConfiguredTarget; readonly verdict: Verdict }

/** A policy that refuses for now (no MFA, device flow) says what to change; where no policy permits at all, the name is nobody's business. */
const isWithinReach = ({ verdict: { hidden } }: Judged): boolean => hidden !== true

function asSeen({ target, verdict }: Judged): Target {
  const { name, description } = target
  const { approval, maxDurationSeconds, deliver } = verdict
  return {
    name,
    ...(description === undefined ? {} : { description }),
    access: accessOf(target),
    maxDurationSeconds,
    approval,
    ...(deliver === undefined ? {} : { deliver }),
  }
}

/** What it opens, for people: account and role in each cloud's own words. */
function accessOf({ aws, gcp, azure, kubernetes }: ConfiguredTarget): readonly CloudAccess[] {
  const access: CloudAccess[] = []
  if (aws !== undefined) {
    const { account, roleArn: role, profile, region } = aws
    access.push({ cloud: 'aws', account, role, profile, region })
  }
  if (gcp !== undefined) {
    const { project: account, serviceAccount, roles, profile, region } = gcp
    const role = serviceAccount ?? (roles.join(', ') || 'roles of its own identity')
    access.push(defined({ cloud: 'gcp' as const, account, role, profile, region }))
  }
  if (azure !== undefined) {
    const { subscriptionName: account, role, profile } = azure
    access.push({ cloud: 'azure', account, role, profile })
  }
  if (kubernetes !== undefined) {
    const { cluster: account, groups, profile } = kubernetes
    access.push({ cloud: 'kubernetes', account, role: groups.join(', '), profile })
  }
  return access
}
