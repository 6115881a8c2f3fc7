import { createDelayed } from '../delayed.ts'
import type { Policy, SimulatorConfig } from './config.ts'
import { holds } from './evaluate.ts'
import { type Expression, parseExpression } from './expression.ts'
import { Unsupported } from './wire.ts'

const STORAGE_READ = ['storage.objects.get', 'storage.objects.list']
const PROJECT_READ = ['resourcemanager.projects.get', 'resourcemanager.projects.list']
const ACCOUNT_READ = ['iam.serviceAccounts.get', 'iam.serviceAccounts.list']

/** Predefined roles, as far as the simulated services have permissions (IAM, "Basic and predefined roles reference"). */
const PREDEFINED: Readonly<Record<string, readonly string[]>> = {
  'roles/browser': PROJECT_READ,
  'roles/viewer': [...PROJECT_READ, ...ACCOUNT_READ, 'storage.buckets.list'],
  'roles/storage.objectViewer': [...STORAGE_READ, ...PROJECT_READ],
  'roles/storage.admin': [...STORAGE_READ, ...PROJECT_READ, 'storage.buckets.get', 'storage.buckets.list'],
  'roles/storage.legacyBucketReader': ['storage.buckets.get', 'storage.objects.list'],
  'roles/iam.workloadIdentityUser': [...ACCOUNT_READ, 'iam.serviceAccounts.getAccessToken'],
  'roles/iam.serviceAccountTokenCreator': [...ACCOUNT_READ, 'iam.serviceAccounts.getAccessToken'],
}

const POOL = 'iam\\.googleapis\\.com/projects/\\d+/locations/global/workloadIdentityPools/[a-z0-9-]+'
const MEMBER = new RegExp(
  `^(principal://${POOL}/subject/.+|principalSet://${POOL}/(attribute\\.[a-z0-9_]+/.+|\\*)|serviceAccount:[^:@]+@[^:@]+)$`,
)

type Binding = {
  readonly permissions: ReadonlySet<string>
  readonly members: ReadonlySet<string>
  readonly condition: Expression | undefined
}

/** `projects/ID`, `buckets/NAME` or `serviceAccounts/EMAIL`. */
export type ResourceName = `projects/${string}` | `buckets/${string}` | `serviceAccounts/${string}`

/** IAM policies of all resources. Throws {@link Unsupported} for members, roles and conditions that it could not judge. */
export function createIam(config: SimulatorConfig, now: () => number) {
  const policies = new Map<string, ReturnType<typeof createDelayed<readonly Binding[]>>>()
  const parents = new Map<string, ResourceName>()
  const delay = { ms: config.policyDelaySeconds * 1000 }
  const place = (name: ResourceName, policy: Policy, project?: string): void => {
    const bindings = policy.map(readBinding)
    policies.set(name, createDelayed(bindings, Number.NEGATIVE_INFINITY, [], now))
    if (project !== undefined) parents.set(name, `projects/${project}`)
  }
  for (const { id, bindings } of config.projects) place(`projects/${id}`, bindings)
  for (const { name, project, bindings } of config.buckets) place(`buckets/${name}`, bindings, project)
  for (const { email, project, bindings } of config.serviceAccounts)
    place(`serviceAccounts/${email}`, bindings, project)
  for (const parent of parents.values())
    if (!policies.has(parent)) throw new Error(`the configuration has no ${parent}`)

  function readBinding({ role, members, condition }: Policy[number]): Binding {
    const permissions = config.roles[role] ?? PREDEFINED[role]
    if (permissions === undefined) throw new Unsupported(`the role ${role}: list its permissions under roles`)
    for (const member of members) if (!MEMBER.test(member)) throw new Unsupported(`the member ${member}`)
    return {
      permissions: new Set(permissions),
      members: new Set(members),
      condition: condition === undefined ? undefined : parseExpression(condition.expression),
    }
  }

  return {
    /** Whether one of `principals` has `permission` on the resource, by its own policy or its project's (IAM, "Policy inheritance"). */
    allows(principals: readonly string[], permission: string, name: ResourceName): boolean {
      const parent = parents.get(name)
      const bindings = [name, ...(parent === undefined ? [] : [parent])].flatMap(
        (each) => policies.get(each)?.current() ?? [],
      )
      const variables = { request: { time: new Date(now()) } }
      return bindings.some(
        ({ permissions, members, condition }) =>
          permissions.has(permission) &&
          principals.some((principal) => members.has(principal)) &&
          (condition === undefined || holds(condition, variables)),
      )
    },
    /** Replaces the whole policy, as setIamPolicy does; works after the policy delay. */
    setPolicy(name: ResourceName, policy: Policy): void {
      const versions = policies.get(name)
      if (versions === undefined) throw new Error(`no resource ${name}`)
      const bindings = policy.map(readBinding)
      versions.change(() => bindings, delay.ms)
    },
    setDelay: (ms: number): void => {
      delay.ms = ms
    },
  }
}
export type Iam = ReturnType<typeof createIam>
