import { expect, test } from 'vitest'
import { renderFault } from '../../../../src/server/config/types.ts'
import { findGaps } from '../../../../src/server/policy/coverage.ts'
import { readRules } from '../../../../src/server/policy/read-rules.ts'
import { target } from '../../../support/policy.ts'

const targets = [
  target('prod-db'),
  target('lonely', { labels: ['nobody-asks'] }),
  target('stuck', { labels: ['nobody-approves'] }),
  target('auto', { labels: ['auto'] }),
]

test('what no policy covers is found: targets without requesters or approvers, policies without targets', () => {
  const text = `
@id("ask") permit(principal in Group::"a", action == Action::"request", resource)
unless { resource.labels.contains("nobody-asks") };
@id("auto") permit(principal in Group::"a", action == Action::"autoApprove", resource) when { resource.labels.contains("auto") };
@id("approve") permit(principal in Group::"b", action == Action::"approve", resource == Target::"prod-db");
@id("typo") forbid(principal, action, resource) when { resource.labels.contains("env=prd") };
@id("off") forbid(principal, action == Action::"approve", resource == Target::"lonely") when { resource.labels.contains("x") };
`
  const gaps = findGaps(readRules([{ path: 'p.cedar', text }], targets), targets, 'c.yaml')
  expect(gaps.map(renderFault)).toEqual([
    'c.yaml: no policy lets anybody request lonely.',
    'c.yaml: nobody may approve stuck, so every request for it is refused.',
    'p.cedar:6: policy "typo" matches no configured target.',
    'p.cedar:7: policy "off" matches no configured target.',
  ])
})

test('a policy without gaps finds nothing', () => {
  const text = '@id("all") permit(principal, action, resource);'
  expect(findGaps(readRules([{ path: 'p.cedar', text }], targets), targets, 'c.yaml')).toEqual([])
})

const pipelines = [{ name: 'deploy' }, { name: 'nightly' }]
const gapsOf = (text: string): readonly string[] =>
  findGaps(readRules([{ path: 'p.cedar', text }], targets, pipelines), targets, 'c.yaml', pipelines).map(renderFault)

test('a pipeline that no policy names is found', () => {
  const all = '@id("all") permit(principal, action, resource);'
  const lonely = (name: string): string => `c.yaml: no policy lets pipeline ${name} ask for anything.`
  const deploy = '@id("d") permit(principal in Pipeline::"deploy", action, resource);'
  expect(gapsOf(all)).toEqual([lonely('deploy'), lonely('nightly')])
  expect(gapsOf(all + deploy)).toEqual([lonely('nightly')])
  expect(gapsOf(`${all} @id("w") permit(principal is Workload, action, resource);`)).toEqual([])
  expect(gapsOf(all + deploy.replace('permit', 'forbid'))).toEqual([lonely('deploy'), lonely('nightly')])
})

test('what people alone are forbidden, pipelines may still ask for, and nobody can approve', () => {
  const text = `@id("w") permit(principal is Workload, action, resource);
@id("p") forbid(principal is User, action, resource);`
  expect(gapsOf(text)).toEqual([])
  const people = `@id("a") permit(principal, action == Action::"approve", resource);`
  const asks = text.replace('action, resource);', 'action == Action::"request", resource);')
  expect(gapsOf(`${asks} ${people}`)).toEqual(
    targets.map(({ name }) => `c.yaml: nobody may approve ${name}, so every request for it is refused.`),
  )
})
