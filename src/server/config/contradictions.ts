import type { Environment } from '../../base/environment.ts'
import { CLOUDS } from '../../contract/target.ts'
import { partitionsDiffer } from './aws.ts'
import { scopeIsElsewhere } from './azure.ts'
import { type Issue, issueAt } from './issues.ts'
import { workloadContradictions } from './workload-contradictions.ts'

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

type Raw = { readonly index: number; readonly name: string; readonly target: Fields }

/** What single fields cannot tell. Looks at the raw values, so that these faults come together with all others. */
export function contradictions(value: unknown, env: Environment): readonly Issue[] {
  const document = fields(value)
  const listed: unknown = document['targets']
  const targets = (Array.isArray(listed) ? listed : []).flatMap((each: unknown, index): readonly Raw[] => {
    if (typeof each !== 'object' || each === null) return []
    const target = fields(each)
    return [{ index, target, name: typeof target['name'] === 'string' ? target['name'] : '' }]
  })
  const distinctlyNamed = targets.filter(
    ({ name }, index) => targets.findIndex((other) => other.name === name) === index,
  )
  return [
    ...targets.flatMap(targetIssues),
    ...repetitions(targets.map(({ index, target }) => [['targets', index, 'name'], target['name']])),
    ...CLOUDS.flatMap((cloud) =>
      repetitions(
        distinctlyNamed.flatMap(({ index, name, target }) =>
          target[cloud] === undefined
            ? []
            : [[['targets', index, cloud, 'profile'], fields(target[cloud])['profile'] ?? `jit-${name}`]],
        ),
      ),
    ),
    ...azureSharing(targets),
    ...serviceAccountSharing(targets),
    ...azureElsewhere(targets, env),
    ...clusterAudiences(targets, document),
    ...workloadContradictions(document),
  ]
}

function targetIssues({ index, name, target }: Raw): readonly Issue[] {
  const path = ['targets', index]
  const issues: Issue[] = []
  const opened = CLOUDS.filter((cloud) => target[cloud] !== undefined)
  const [aws, azure] = [fields(target['aws']), fields(target['azure'])]
  if (opened.length === 0)
    issues.push(issueAt(path, `expected a block ${CLOUDS.join(', ')}, or several: a target opens something.`))
  // STS answers with the subject, `jit:<name>`, in a field of at least 6 characters.
  if (opened.includes('aws') && name.length === 1)
    issues.push(issueAt([...path, 'name'], 'expected at least two letters, which AWS asks for.'))
  const unnamed = opened.filter((cloud) => fields(target[cloud])['profile'] === undefined)
  if (unnamed.length > 0 && name.length > 59) {
    const remedy = unnamed.map((cloud) => `${cloud}.profile`).join(' and ')
    issues.push(issueAt([...path, 'name'], `it is too long for the profile name jit-<name>: set ${remedy}.`))
  }
  if (partitionsDiffer(aws['role'], aws['region']))
    issues.push(issueAt([...path, 'aws', 'region'], "expected a region of the role's own AWS partition."))
  if (scopeIsElsewhere(azure['scope'], azure['subscription']))
    issues.push(issueAt([...path, 'azure', 'scope'], 'expected a scope within azure.subscription.'))
  return issues
}

function repetitions(values: readonly (readonly [readonly PropertyKey[], unknown])[]): readonly Issue[] {
  const seen = new Set<unknown>()
  return values.flatMap(([path, value]) => {
    const again = typeof value === 'string' && seen.has(value)
    seen.add(value)
    return again ? [issueAt(path, `"${value}" is already taken by another target.`)] : []
  })
}

/** Entra takes no more federated credentials for one application (clouds.md §0.5). */
const MOST_FEDERATED = 20

/** A token speaks for its application with all roles that this has, so targets that share one must mean the same. */
function azureSharing(targets: readonly Raw[]): readonly Issue[] {
  const opening = targets.flatMap(({ index, target }) =>
    target['azure'] === undefined ? [] : [{ index, azure: fields(target['azure']) }],
  )
  const means = ({ tenant, subscription, role, scope }: Fields): string =>
    JSON.stringify([tenant, subscription, role, scope].map(lower))
  return [...Map.groupBy(opening, ({ azure }) => lower(azure['client']))].flatMap(([client, sharing]) => {
    const [first, ...others] = sharing
    if (first === undefined || typeof client !== 'string') return []
    const different = others.filter(({ azure }) => means(azure) !== means(first.azure))
    return [
      ...different.map(({ index }) =>
        issueAt(
          ['targets', index, 'azure', 'client'],
          `targets[${first.index}] has this application with another tenant, subscription, role or scope: a token for one would open both.`,
        ),
      ),
      ...others
        .slice(MOST_FEDERATED - 1, MOST_FEDERATED)
        .map(({ index }) =>
          issueAt(['targets', index, 'azure', 'client'], `an application takes ${MOST_FEDERATED} targets at most.`),
        ),
    ]
  })
}

/** The same for a service account, to which the Terraform of `trust gcp` gives the roles of all its targets. */
function serviceAccountSharing(targets: readonly Raw[]): readonly Issue[] {
  const meaningOf = new Map<string, string>()
  return targets.flatMap(({ index, target }) => {
    const { serviceAccount, project, roles = [] } = fields(target['gcp'])
    if (typeof serviceAccount !== 'string') return []
    const meaning = JSON.stringify([project, roles])
    const known = meaningOf.get(serviceAccount) ?? meaning
    meaningOf.set(serviceAccount, known)
    const message = 'another target has this service account with another project or other roles: one would open both.'
    return known === meaning ? [] : [issueAt(['targets', index, 'gcp', 'serviceAccount'], message)]
  })
}

const lower = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

const PUBLIC_AUTHORITY = /^https:\/\/login\.microsoftonline\.com\/?$/

function azureElsewhere(targets: readonly Raw[], env: Environment): readonly Issue[] {
  const authority = env['AZURE_AUTHORITY_HOST'] ?? ''
  if (authority === '' || PUBLIC_AUTHORITY.test(authority)) return []
  const message =
    'AZURE_AUTHORITY_HOST names another login than https://login.microsoftonline.com: sovereign clouds are not supported yet.'
  return targets.flatMap(({ index, target }) =>
    target['azure'] === undefined ? [] : [issueAt(['targets', index, 'azure'], message)],
  )
}

/**
 * Tokens for clusters are handed out, and good wherever their audience is expected: with one audience for two clusters a
 * token for the test cluster opens production too, and one that another cloud expects could be exchanged there.
 */
function clusterAudiences(targets: readonly Raw[], document: Fields): readonly Issue[] {
  const aws = fields(document['aws'])['audience'] ?? 'sts.amazonaws.com'
  const foreign = [aws, document['endpoint'], 'api://AzureADTokenExchange']
  const serverOf = new Map<string, unknown>()
  return targets.flatMap(({ index, target }) => {
    const { audience, server } = fields(target['kubernetes'])
    if (typeof audience !== 'string') return []
    const path = ['targets', index, 'kubernetes', 'audience']
    if (foreign.includes(audience) || audience.includes('iam.googleapis.com/'))
      return [issueAt(path, 'it is what another cloud or this endpoint expects; expected one of the cluster alone.')]
    const known = serverOf.get(audience) ?? server
    serverOf.set(audience, known)
    return known === server ? [] : [issueAt(path, 'another cluster has this audience: its tokens would open both.')]
  })
}
