import { describe, expect, test } from 'vitest'
import type { ConfiguredTarget } from '../../../../src/server/config/types.ts'
import { awsTrustTerraform } from '../../../../src/server/trust/aws.ts'
import { quote } from '../../../../src/server/trust/hcl.ts'
import { configOf } from '../../../support/endpoint-config.ts'
import { target } from '../../../support/policy.ts'
import { blockOf, hasTerraform, openBraces, terraformFaults } from '../../../support/terraform.ts'

const config = configOf([], { endpoint: 'https://jit.corp.example/aws' })

function awsTarget(name: string, roleArn: string, maxSessionSeconds = 3600): ConfiguredTarget {
  const account = roleArn.split(':')[4] ?? ''
  return target(name, { aws: { roleArn, account, region: 'eu-central-1', profile: `jit-${name}`, maxSessionSeconds } })
}

const ONE = '111111111111'
const TWO = '222222222222'
const targets = [
  awsTarget('prod-db', `arn:aws:iam::${ONE}:role/jit-prod-db`),
  awsTarget('logs', `arn:aws:iam::${ONE}:role/team/ops/jit-logs`, 7200),
  awsTarget('prod-db-ro', `arn:aws:iam::${TWO}:role/shared`, 3600),
  awsTarget('prod-db-rw', `arn:aws:iam::${TWO}:role/shared`, 43_200),
]
const text = awsTrustTerraform(config, targets)

const block = (head: string): string => blockOf(text, head)

/** The statements of a trust policy, as actions and conditions. */
function statements(of: string) {
  return of
    .split('  statement {')
    .slice(1)
    .map((each) => ({
      actions: JSON.parse(/actions = (\[.*\])/.exec(each)?.[1] ?? '[]') as string[],
      conditions: [...each.matchAll(/test {5}= (.*)\n\s+variable = (.*)\n\s+values {3}= (.*)/g)].map((parts) =>
        parts.slice(1).map((part) => JSON.parse(part) as unknown),
      ),
      trusts: /identifiers = \[(.*)\]/.exec(each)?.[1],
    }))
}

describe('the Terraform for AWS', () => {
  test('has one OIDC provider for each account, in a provider that refuses every other account', () => {
    expect(text.match(/resource "aws_iam_openid_connect_provider"/g)).toHaveLength(2)
    for (const account of [ONE, TWO]) {
      expect(block(`resource "aws_iam_openid_connect_provider" "jit_${account}"`)).toContain(
        'url            = "https://jit.corp.example/aws"',
      )
      expect(block(`resource "aws_iam_openid_connect_provider" "jit_${account}"`)).toContain(
        'client_id_list = ["sts.amazonaws.com"]',
      )
      expect(text).toContain(`alias               = "account_${account}"`)
      expect(text).toContain(`allowed_account_ids = ["${account}"]`)
    }
  })

  test('lets a role be assumed with a grant token for its own target only', () => {
    const token = [
      ['StringEquals', 'jit.corp.example/aws:aud', ['sts.amazonaws.com']],
      ['StringEquals', 'jit.corp.example/aws:sub', ['jit:prod-db']],
    ]
    expect(statements(block('data "aws_iam_policy_document" "trust_prod_db"'))).toEqual([
      {
        actions: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
        conditions: [
          ...token,
          ['StringEquals', 'aws:RequestTag/jit-target', ['prod-db']],
          ['Null', 'aws:RequestTag/jit-grant', ['false']],
          ['ForAllValues:StringEquals', 'aws:TagKeys', ['jit-grant', 'jit-target']],
        ],
        trusts: `aws_iam_openid_connect_provider.jit_${ONE}.arn`,
      },
      {
        actions: ['sts:SetSourceIdentity'],
        conditions: token,
        trusts: `aws_iam_openid_connect_provider.jit_${ONE}.arn`,
      },
    ])
    expect(text).not.toContain('StringLike')
  })

  test('keeps path, name and session length of a role, and grants it nothing', () => {
    const role = block('resource "aws_iam_role" "logs"')
    expect(role).toContain('name                 = "jit-logs"')
    expect(role).toContain('path                 = "/team/ops/"')
    expect(role).toContain('max_session_duration = 7200')
    expect(role).toContain('assume_role_policy   = data.aws_iam_policy_document.trust_logs.json')
    expect(block('resource "aws_iam_role_policy_attachment" "logs"')).toContain(
      'toset(lookup(var.permissions, "logs", []))',
    )
  })

  test('gives a role that two targets share one resource, and each target its own statements', () => {
    expect(text.match(/resource "aws_iam_role" /g)).toHaveLength(3)
    const subjects = statements(block('data "aws_iam_policy_document" "trust_prod_db_ro"')).map(
      ({ conditions }) => conditions[1]?.[2],
    )
    expect(subjects).toEqual([['jit:prod-db-ro'], ['jit:prod-db-ro'], ['jit:prod-db-rw'], ['jit:prod-db-rw']])
    expect(block('resource "aws_iam_role" "prod_db_ro"')).toContain('max_session_duration = 43200')
  })

  test('refers only to what it declares, has balanced braces and unique addresses', () => {
    const declared = [...text.matchAll(/^(?:resource|data) "(\w+)" "(\w+)" {$/gm)].map(
      ([, type, name]) => `${type}.${name}`,
    )
    expect(new Set(declared).size).toBe(declared.length)
    const used = [...text.matchAll(/(?:data\.)?(aws_iam_\w+\.\w+)\.(?:arn|json|name)/g)].map(([, address]) => address)
    expect(used.length).toBeGreaterThan(0)
    for (const address of used) expect(declared).toContain(address)
    expect(openBraces(text)).toBe(0)
    for (const [, alias] of text.matchAll(/provider += aws\.(\w+)/g)) expect(text).toContain(`"${alias}"`)
  })

  test.skipIf(!hasTerraform)('is as terraform fmt writes it', () => {
    expect(terraformFaults(text)).toBe('')
  })

  test('is a comment where no target opens AWS', () => {
    expect(awsTrustTerraform(config, [])).toMatch(/^# .*\n$/)
  })
})

test.each([
  ['plain', '"plain"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['${x} %{if}', '"$${x} %%{if}"'],
  ['a\nb\u2028', '"a\\nb\\u2028"'],
])('the Terraform string of %j is %s', (value, quoted) => {
  expect(quote(value)).toBe(quoted)
})
