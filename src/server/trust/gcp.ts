import type { Config, ConfiguredTarget, GcpAccess } from '../config/types.ts'
import { label, list, quote } from './hcl.ts'

type GcpTarget = ConfiguredTarget & { readonly gcp: GcpAccess }
/** One identity pool provider, its parts, and every target of the configuration that uses it. */
type Provider = {
  readonly name: string
  readonly number: string
  readonly pool: string
  readonly id: string
  readonly targets: readonly GcpTarget[]
}

/**
 * Terraform that makes Google Cloud trust this endpoint for these targets: identity pool providers that take nothing but grant
 * tokens, and for each target bindings of the identities that elevated to it (clouds.md §3.7). The mapping mirrors the claims
 * of `Tokens.gcpGrantToken`.
 */
export function gcpTrustTerraform(config: Config, targets: readonly ConfiguredTarget[]): string {
  const chosen = opening(targets)
  if (chosen.length === 0) return '# No target opens a project of Google Cloud yet.\n'
  const named = new Set(chosen.map(({ gcp }) => gcp.provider))
  // A provider's condition names all of its targets, also where the bindings of only some are wanted.
  const providers = providersOf(opening(config.targets)).filter(({ name }) => named.has(name))
  const [numbers, pools] = [Map.groupBy(providers, ({ number }) => number), Map.groupBy(providers, poolLabel)]
  const accounts = Map.groupBy(chosen, ({ gcp }) => gcp.serviceAccount)
  const blocks = [
    preamble(config),
    ...[...numbers.keys()].map(project),
    ...[...pools].flatMap(([label, [first]]) => (first === undefined ? [] : [pool(label, first)])),
    ...providers.map((each) => provider(config, each)),
    ...[...accounts].flatMap(([email, sharing]) => (email === undefined ? [] : [serviceAccount(email, sharing)])),
    ...chosen.flatMap(bindings),
  ]
  return `${blocks.join('\n\n')}\n`
}

const opening = (targets: readonly ConfiguredTarget[]): readonly GcpTarget[] =>
  targets.flatMap((target) => (target.gcp === undefined ? [] : [{ ...target, gcp: target.gcp }]))

const providersOf = (targets: readonly GcpTarget[]): readonly Provider[] =>
  [...Map.groupBy(targets, ({ gcp }) => gcp.provider)].map(([name, targets]) => {
    const [, number = '', , , , pool = '', , id = ''] = name.split('/')
    return { name, number, pool, id, targets }
  })

const preamble = ({ endpoint }: Config): string => `\
# Lets Google Cloud trust the grant tokens of ${endpoint}
# Written by \`jit-endpoint trust gcp\`. Run it again after targets change, and read the plan before you apply it.
# What exists already has to be imported first, for example:
#   terraform import google_iam_workload_identity_pool.<label> projects/<project>/locations/global/workloadIdentityPools/<pool>
#   terraform import google_service_account.<label> projects/<project>/serviceAccounts/<email>

terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0"
    }
  }
}`

/** The configuration knows the project of a pool by its number, which is what tokens name; resources want the id. */
const project = (number: string): string => `\
data "google_project" "number_${number}" {
  project_id = ${quote(number)}
}

resource "google_project_service" "number_${number}" {
  for_each           = toset(["iam.googleapis.com", "iamcredentials.googleapis.com", "sts.googleapis.com"])
  project            = data.google_project.number_${number}.project_id
  service            = each.value
  disable_on_destroy = false
}`

/** Numbers, pools and providers have no underscore, so no two meet. */
const poolLabel = ({ number, pool }: Provider): string => `pool_${number}_${label(pool)}`
const providerLabel = (each: Provider): string => `${poolLabel(each)}_${label(each.id)}`

const pool = (name: string, { number, pool }: Provider): string => `\
resource "google_iam_workload_identity_pool" "${name}" {
  project                   = data.google_project.number_${number}.project_id
  workload_identity_pool_id = ${quote(pool)}
  description               = "People who elevated with jit. To end all of them at once: disable this pool."
  depends_on                = [google_project_service.number_${number}]
}`

function provider({ endpoint }: Config, each: Provider): string {
  const names = each.targets.map(({ name }) => `'${name}'`).join(', ')
  const condition = `assertion.jit.target in [${names}] && assertion.sub.startsWith('jit:' + assertion.jit.target + ':')`
  return `\
resource "google_iam_workload_identity_pool_provider" "${providerLabel(each)}" {
  project                            = data.google_project.number_${each.number}.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.${poolLabel(each)}.workload_identity_pool_id
  workload_identity_pool_provider_id = ${quote(each.id)}
  description                        = "Grant tokens of jit"

  attribute_mapping = {
    "google.subject"   = "assertion.sub"
    "attribute.target" = "assertion.jit.target"
    "attribute.grant"  = "assertion.jit.grant"
  }
  attribute_condition = ${quote(condition)}

  oidc {
    issuer_uri        = ${quote(endpoint)}
    allowed_audiences = ${list([`//iam.googleapis.com/${each.name}`])}
  }
}`
}

/** In capitals, which no target's label has. */
const accountLabel = (email: string): string =>
  `SA_${email
    .replace(/\.iam\.gserviceaccount\.com$/, '')
    .replaceAll('@', '__')
    .replaceAll('.', '___')
    .replaceAll('-', '_')}`

/** `name@corp-prod.iam…` lies in `corp-prod`; `name@prod.corp.example.iam…` in `corp.example:prod`. */
function projectOf(email: string): string {
  const [, home = ''] = /@(.*)\.iam\.gserviceaccount\.com$/.exec(email) ?? []
  const [id = '', ...domain] = home.split('.')
  return domain.length === 0 ? id : `${domain.join('.')}:${id}`
}

function serviceAccount(email: string, [first]: readonly GcpTarget[]): string {
  const roles = [...new Set(first?.gcp.roles)]
  const account = `google_service_account.${accountLabel(email)}`
  const granted = roles.map(
    (role, index) => `

resource "google_project_iam_member" "${accountLabel(email)}_${index + 1}" {
  project = ${quote(first?.gcp.project ?? '')}
  role    = ${quote(role)}
  member  = ${account}.member
}`,
  )
  return `\
resource "google_service_account" "${accountLabel(email)}" {
  project     = ${quote(projectOf(email))}
  account_id  = ${quote(email.split('@')[0] ?? '')}
  description = "Opened by jit"
}${granted.join('')}`
}

/** What an identity that elevated to the target may do: the target's roles itself, or to speak for the service account. */
function bindings({ name, gcp }: GcpTarget): readonly string[] {
  const [each] = providersOf([{ name, maxDurationSeconds: 0, labels: [], renewEverySeconds: 0, gcp }])
  if (each === undefined) return []
  const head = `---- Target ${name} ----`
  const pool = gcp.provider.replace(/\/providers\/.*$/, '')
  const member = quote(`principalSet://iam.googleapis.com/${pool}/attribute.target/${name}`)
  const needs = `[google_iam_workload_identity_pool_provider.${providerLabel(each)}]`
  if (gcp.serviceAccount !== undefined)
    return [
      `\
# ${head}

resource "google_service_account_iam_member" "${label(name)}" {
  service_account_id = google_service_account.${accountLabel(gcp.serviceAccount)}.name
  role               = "roles/iam.workloadIdentityUser"
  member             = ${member}
  depends_on         = ${needs}
}`,
    ]
  if (gcp.roles.length === 0)
    return [`# ${head}\n# It has no gcp.roles: grant what it shall open to ${member.slice(1, -1)}`]
  return [...new Set(gcp.roles)].map(
    (role, index) => `\
${index === 0 ? `# ${head}\n\n` : ''}resource "google_project_iam_member" "${label(name)}_${index + 1}" {
  project    = ${quote(gcp.project)}
  role       = ${quote(role)}
  member     = ${member}
  depends_on = ${needs}
}`,
  )
}
