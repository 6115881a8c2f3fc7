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
