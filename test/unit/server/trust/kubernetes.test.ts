import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ConfiguredTarget, KubernetesAccess } from '../../../../src/server/config/types.ts'
import { kubernetesTrustTerraform } from '../../../../src/server/trust/kubernetes.ts'
import { kubernetesTo } from '../../../support/cloud-targets.ts'
import { configOf } from '../../../support/endpoint-config.ts'
import { target } from '../../../support/policy.ts'
import { argumentOf, blockOf, declared, hasTerraform, openBraces, terraformFaults } from '../../../support/terraform.ts'

const clusterTarget = (name: string, changes: Partial<KubernetesAccess> = {}): ConfiguredTarget =>
  target(name, { kubernetes: kubernetesTo({ groups: [`jit:${name}`], ...changes }) })
const TEST = { cluster: 'test-eu', server: 'https://k8s.test.corp.example', audience: 'a"${b}%{c}' }
const targets = [
  clusterTarget('prod-admin', { renewEverySeconds: 1800 }),
  clusterTarget('prod-shop', { namespace: 'shop', groups: ['jit:shop', 'a"${b}'], audience: 'shop' }),
  clusterTarget('test-admin', TEST),
  target('aws-only'),
]
const config = configOf(targets)
const text = kubernetesTrustTerraform(config, targets)
const block = (head: string) => blockOf(text, head)

/** The file as Terraform would write it: heredocs are unindented, and doubled signs stand for themselves. */
function fileOf(cluster: string, of = text): unknown {
  const made = of.slice(of.indexOf(`resource "local_file" "authentication_${cluster}"`))
  const [, lines = ''] = /<<-YAML\n([\s\S]*?)\n {2}YAML$/m.exec(made) ?? []
  return parse(lines.replace(/^ {4}/gm, '').replaceAll('$${', '${').replaceAll('%%{', '%{'))
}

describe('the Terraform for Kubernetes', () => {
  test('writes for each cluster an authenticator that takes grant tokens for it and knows no group but theirs', () => {
    expect(fileOf('prod_admin')).toEqual({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: {
            url: 'https://jit.corp.example',
            audiences: ['https://k8s.prod.corp.example', 'shop'],
            audienceMatchPolicy: 'MatchAny',
          },
          claimValidationRules: [
            { expression: 'claims.exp - claims.iat <= 1830', message: expect.any(String) },
            { expression: "claims.sub.startsWith('jit:')", message: expect.any(String) },
          ],
          claimMappings: {
            username: { claim: 'sub', prefix: '' },
            groups: { claim: 'groups', prefix: '' },
            extra: [{ key: 'jit.corp.example/grant', valueExpression: 'claims.jit.grant' }],
          },
          userValidationRules: [
            { expression: "!user.username.startsWith('system:')", message: expect.any(String) },
            {
              expression: 'user.groups.all(group, group in ["a\\"${b}","jit:prod-admin","jit:shop"])',
              message: expect.any(String),
            },
          ],
        },
      ],
    })
    expect(text.match(/resource "local_file" /g)).toHaveLength(2)
  })

  test('keeps a hostile audience within its quotes, and asks for no match policy where there is one', () => {
    expect(fileOf('test_admin')).toMatchObject({ jwt: [{ issuer: { audiences: ['a"${b}%{c}'] } }] })
    expect(fileOf('test_admin')).not.toHaveProperty('jwt[0].issuer.audienceMatchPolicy')
    expect(text).not.toMatch(/[^$]\$\{b\}|[^%]%\{c\}/)
  })

  test('binds the roles that the administrator names to the groups of the target, in its namespace', () => {
    const everywhere = block('resource "kubernetes_cluster_role_binding_v1" "prod_admin"')
    expect(everywhere).toContain('toset(lookup(var.cluster_roles, "prod-admin", []))')
    expect(everywhere).toContain('for_each = ["jit:prod-admin"]')
    const there = block('resource "kubernetes_role_binding_v1" "prod_shop"')
    expect(argumentOf(there, 'namespace')).toBe('shop')
    expect(there).toContain('for_each = ["jit:shop", "a\\"$${b}"]')
    expect(text.match(/kind += "ClusterRole"/g)).toHaveLength(3)
  })

  test('reaches each cluster through a context of its own', () => {
    expect(block('provider "kubernetes"')).toContain('lookup(var.contexts, "https://k8s.prod.corp.example:6443", null)')
    for (const [, alias] of text.matchAll(/provider += kubernetes\.(\w+)/g)) expect(text).toContain(`"${alias}"`)
  })

  test('for some targets keeps the file of their cluster as it is for all', () => {
    const some = kubernetesTrustTerraform(config, targets.slice(1, 2))
    expect(fileOf('prod_admin', some)).toEqual(fileOf('prod_admin'))
    expect(declared(some)).toEqual(['local_file.authentication_prod_admin', 'kubernetes_role_binding_v1.prod_shop'])
  })

  test('has balanced braces and unique addresses', () => {
    expect(openBraces(text)).toBe(0)
    const addresses = declared(text)
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  test.skipIf(!hasTerraform)('is as terraform fmt writes it', () => {
    expect(terraformFaults(text)).toBe('')
  })

  test('is a comment where no target opens a cluster', () => {
    expect(kubernetesTrustTerraform(config, targets.slice(-1))).toMatch(/^# .*\n$/)
  })
})
