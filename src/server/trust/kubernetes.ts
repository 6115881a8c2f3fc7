import type { Config, ConfiguredTarget, KubernetesAccess } from '../config/types.ts'
import { heredoc, label, list, quote } from './hcl.ts'

type KubernetesTarget = ConfiguredTarget & { readonly kubernetes: KubernetesAccess }
type Cluster = { readonly label: string; readonly name: string; readonly targets: readonly KubernetesTarget[] }

/**
 * Terraform that makes clusters trust this endpoint for these targets: per cluster the file that its API server is started
 * with (AuthenticationConfiguration, Kubernetes 1.30 and later), and per target role bindings for its groups (clouds.md §5).
 * The mapping mirrors the claims of `Tokens.kubernetesGrantToken`.
 */
export function kubernetesTrustTerraform(config: Config, targets: readonly ConfiguredTarget[]): string {
  const chosen = opening(targets)
  if (chosen.length === 0) return '# No target opens a Kubernetes cluster yet.\n'
  const wanted = new Set(chosen.map(({ name }) => name))
  // The file of a cluster names the audiences of all of its targets, also where the bindings of only some are wanted.
  const clusters = clustersOf(opening(config.targets)).filter(({ targets }) =>
    targets.some(({ name }) => wanted.has(name)),
  )
  const blocks = [
    preamble(config),
    variables(),
    ...clusters.flatMap((cluster) => [
      clusterBlocks(config, cluster),
      ...cluster.targets.filter(({ name }) => wanted.has(name)).map((target) => bindings(cluster, target)),
    ]),
  ]
  return `${blocks.join('\n\n')}\n`
}

const opening = (targets: readonly ConfiguredTarget[]): readonly KubernetesTarget[] =>
  targets.flatMap((target) => (target.kubernetes === undefined ? [] : [{ ...target, kubernetes: target.kubernetes }]))

const clustersOf = (targets: readonly KubernetesTarget[]): readonly Cluster[] =>
  [...Map.groupBy(targets, ({ kubernetes }) => kubernetes.server).values()].flatMap((sharing) => {
    const [first] = sharing
    return first === undefined ? [] : [{ label: label(first.name), name: first.kubernetes.cluster, targets: sharing }]
  })

const preamble = ({ endpoint }: Config): string => `\
# Lets Kubernetes clusters trust the grant tokens of ${endpoint}
# Written by \`jit-endpoint trust kubernetes\`. Run it again after targets change, and read the plan before you apply it.
# It writes one file per cluster: put it onto each control plane node and start the API server with
#   --authentication-config=<that file>
# without any --oidc-* option. Later changes of the file are read without a restart. Where the control plane is somebody
# else's, give it the file where it takes one (AKS "structured authentication"). EKS "OIDC identity provider" takes issuer, audience
# and claims, and cannot check groups or how long a token lives: whoever held a key of this endpoint could name any group there.

terraform {
  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.23"
    }
    local = {
      source  = "hashicorp/local"
      version = ">= 2.4"
    }
  }
}`

const variables = (): string => `\
variable "kubeconfig" {
  description = "Your kubeconfig, with contexts that may administer the clusters."
  type        = string
  default     = "~/.kube/config"
}

variable "contexts" {
  description = "Which context of the kubeconfig administers which cluster, by its API server's URL. Those left out use the current context."
  type        = map(string)
  default     = {}
}

variable "cluster_roles" {
  description = "What each target may do: names of ClusterRoles, by the target's name. A target left out may do nothing."
  type        = map(list(string))
  default     = {}
}`

function clusterBlocks(config: Config, { label: id, name, targets }: Cluster): string {
  const server = targets[0]?.kubernetes.server ?? ''
  return `\
# ---- Cluster ${name}, ${server} ----

resource "local_file" "authentication_${id}" {
  filename        = "\${path.module}/authentication-${id}.yaml"
  file_permission = "0644"
  content         = <<-YAML
${heredoc(authenticationConfiguration(config, targets), '    ')}
  YAML
}

provider "kubernetes" {
  alias          = "${id}"
  config_path    = var.kubeconfig
  config_context = lookup(var.contexts, ${quote(server)}, null)
}`
}

/** Clouds want `iat` in the past, so a token is this much older than it is. */
const BACKDATED_SECONDS = 30

/** Strings are JSON, which YAML reads. The prefixes are empty: names begin with `jit:` and groups are the target's own. */
function authenticationConfiguration({ endpoint }: Config, targets: readonly KubernetesTarget[]): string {
  const audiences = [...new Set(targets.map(({ kubernetes }) => kubernetes.audience))]
  const longest = Math.max(...targets.map(({ kubernetes }) => kubernetes.renewEverySeconds)) + BACKDATED_SECONDS
  const groups = [...new Set(targets.flatMap(({ kubernetes }) => kubernetes.groups))].toSorted()
  return `\
apiVersion: apiserver.config.k8s.io/v1 # before Kubernetes 1.34: v1beta1
kind: AuthenticationConfiguration
jwt:
  - issuer:
      url: ${JSON.stringify(endpoint)}
      audiences: ${JSON.stringify(audiences)}${audiences.length > 1 ? '\n      audienceMatchPolicy: MatchAny' : ''}
    claimValidationRules:
      - expression: "claims.exp - claims.iat <= ${longest}"
        message: "the token lives longer than a slice of a grant"
      - expression: "claims.sub.startsWith('jit:')"
        message: "the token is no grant token"
    claimMappings:
      username:
        claim: sub
        prefix: ""
      groups:
        claim: groups
        prefix: ""
      extra:
        - key: ${new URL(endpoint).hostname}/grant
          valueExpression: claims.jit.grant
    userValidationRules:
      - expression: "!user.username.startsWith('system:')"
        message: "names that start with system: are the cluster's own"
      - expression: ${JSON.stringify(`user.groups.all(group, group in ${JSON.stringify(groups)})`)}
        message: "a group that no target of this endpoint gives"`
}

function bindings({ label: cluster }: Cluster, { name, kubernetes }: KubernetesTarget): string {
  const { groups, namespace } = kubernetes
  const type = namespace === undefined ? 'kubernetes_cluster_role_binding_v1' : 'kubernetes_role_binding_v1'
  const named = `"jit-${name}-\${each.value}"`
  const metadata =
    namespace === undefined ? `name = ${named}` : `name      = ${named}\n    namespace = ${quote(namespace)}`
  return `\
resource "${type}" "${label(name)}" {
  provider = kubernetes.${cluster}
  for_each = toset(lookup(var.cluster_roles, ${quote(name)}, []))

  metadata {
    ${metadata}
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = each.value
  }

  dynamic "subject" {
    for_each = ${list(groups)}
    content {
      api_group = "rbac.authorization.k8s.io"
      kind      = "Group"
      name      = subject.value
    }
  }
}`
}
