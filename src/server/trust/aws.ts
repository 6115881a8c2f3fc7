import type { AwsAccess, Config, ConfiguredTarget } from '../config/types.ts'
import { label, list, quote } from './hcl.ts'

type AwsTarget = ConfiguredTarget & { readonly aws: AwsAccess }
/** One IAM role and every target that opens it. */
type Role = {
  readonly arn: string
  readonly account: string
  readonly label: string
  readonly targets: readonly AwsTarget[]
}

/**
 * Terraform that makes AWS trust this endpoint for these targets: in each account one OIDC provider, for each role a
 * trust policy that takes nothing but grant tokens for its own targets. Permissions stay with the administrator.
 * The conditions mirror the claims of `Tokens.awsGrantToken`.
 */
export function awsTrustTerraform(config: Config, targets: readonly ConfiguredTarget[]): string {
  const accounts = Map.groupBy(rolesOf(targets), ({ account }) => account)
  if (accounts.size === 0) return '# No target opens an AWS role yet.\n'
  const perAccount = [...accounts].flatMap(([account, roles]) => [
    accountBlocks(config, account, roles),
    ...roles.map((role) => roleBlocks(config, role)),
  ])
  return `${[preamble(config), variables(), ...perAccount].join('\n\n')}\n`
}

function rolesOf(targets: readonly ConfiguredTarget[]): readonly Role[] {
  const opening = targets.flatMap((target) => (target.aws === undefined ? [] : [{ ...target, aws: target.aws }]))
  return [...Map.groupBy(opening, ({ aws }) => aws.roleArn)].flatMap(([arn, sharing]) => {
    const [first] = sharing
    return first === undefined ? [] : [{ arn, account: first.aws.account, label: label(first.name), targets: sharing }]
  })
}

const preamble = ({ endpoint }: Config): string => `\
# Lets AWS trust the grant tokens of ${endpoint}
# Written by \`jit-endpoint trust aws\`. Run it again after targets change, and read the plan before you apply it.
# A role that exists already has to be imported first: terraform import aws_iam_role.<label> <role name>

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.81" # older ones ask for a thumbprint_list
    }
  }
}`

const variables = (): string => `\
variable "aws_profiles" {
  description = "Which local AWS profile administers which account, by account id. Accounts left out use the default credentials."
  type        = map(string)
  default     = {}
}

variable "permissions" {
  description = "What each role may do: managed policy ARNs, by the label of the aws_iam_role below. A role left out may do nothing."
  type        = map(list(string))
  default     = {}
}`

function accountBlocks({ endpoint, aws }: Config, account: string, [first]: readonly Role[]): string {
  return `\
# ---- Account ${account} ----

provider "aws" {
  alias               = "account_${account}"
  region              = ${quote(first?.targets[0]?.aws.region ?? '')}
  profile             = lookup(var.aws_profiles, ${quote(account)}, null)
  allowed_account_ids = ${list([account])}
}

resource "aws_iam_openid_connect_provider" "jit_${account}" {
  provider       = aws.account_${account}
  url            = ${quote(endpoint)}
  client_id_list = ${list([aws.audience])}
}`
}

function roleBlocks(config: Config, { arn, account, label, targets }: Role): string {
  const [, path = '/', name = ''] = /:role(\/.*\/|\/)([^/]+)$/.exec(arn) ?? []
  const longest = Math.max(...targets.map(({ aws }) => aws.maxSessionSeconds))
  return `\
data "aws_iam_policy_document" "trust_${label}" {
  provider = aws.account_${account}

${targets.map((target) => trustStatements(config, account, target)).join('\n\n')}
}

resource "aws_iam_role" "${label}" {
  provider             = aws.account_${account}
  name                 = ${quote(name)}
  path                 = ${quote(path)}
  description          = ${quote(`Opened by jit for ${targets[0]?.name ?? ''}`)}
  assume_role_policy   = data.aws_iam_policy_document.trust_${label}.json
  max_session_duration = ${longest}
}

resource "aws_iam_role_policy_attachment" "${label}" {
  provider   = aws.account_${account}
  for_each   = toset(lookup(var.permissions, ${quote(label)}, []))
  role       = aws_iam_role.${label}.name
  policy_arn = each.value
}`
}

/**
 * Two statements: the tag conditions belong to the permissions that take tags. `sts:SetSourceIdentity`, which the same
 * call needs too, must not hang on whether AWS offers tag keys when it decides about it.
 */
function trustStatements({ endpoint, aws }: Config, account: string, { name }: AwsTarget): string {
  const issuer = endpoint.replace(/^https?:\/\//, '')
  const token = [
    condition('StringEquals', `${issuer}:aud`, [aws.audience]),
    condition('StringEquals', `${issuer}:sub`, [`jit:${name}`]),
  ]
  const tags = [
    condition('StringEquals', 'aws:RequestTag/jit-target', [name]),
    condition('Null', 'aws:RequestTag/jit-grant', ['false']),
    condition('ForAllValues:StringEquals', 'aws:TagKeys', ['jit-grant', 'jit-target']),
  ]
  return [
    statement(account, ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'], [...token, ...tags]),
    statement(account, ['sts:SetSourceIdentity'], token),
  ].join('\n\n')
}

const statement = (account: string, actions: readonly string[], conditions: readonly string[]): string => `\
  statement {
    effect  = "Allow"
    actions = ${list(actions)}

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.jit_${account}.arn]
    }

${conditions.join('\n\n')}
  }`

const condition = (test: string, variable: string, values: readonly string[]): string => `\
    condition {
      test     = ${quote(test)}
      variable = ${quote(variable)}
      values   = ${list(values)}
    }`
