import { describe, expect, test } from 'vitest'
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

const hasTag = (tag: string) => tag === 'ref'
const pipelines = ['deploy', 'nightly'].map((name) => ({ name, provider: 'github', mayHaveTag: hasTag }))
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

describe('what a job can never give is found', () => {
  const asks = `@id("d") permit(principal in Pipeline::"deploy", action == Action::"request", resource == Target::"prod-db");
@id("n") permit(principal in Pipeline::"nightly", action, resource == Target::"auto");
@id("a") permit(principal, action, resource);`
  const closed = (id: string, what = 'prod-db', whom = 'deploy') =>
    `p.cedar:4: policy "${id}" forbids ${what} to every job, also to pipelines that may ask for it (${whom}): a job has no second factor and no login time. For people alone write: principal is User.`
  const forbid = (rest: string, scope = 'principal, action == Action::"request", resource') =>
    gapsOf(`${asks}\n@id("mfa") forbid(${scope}) ${rest};`)

  test.each<[what: string, rest: string]>([
    ['a second factor', 'unless { context.amr.contains("mfa") }'],
    ['a second factor, and something else', 'unless { context.amr.contains("mfa") && context.reasonLength > 9 }'],
    ['one of several', 'when { !context.amr.containsAny(["mfa", "hwk"]) }'],
    ['a class of login', 'unless { context has acr && context.acr == "phr" }'],
    ['a fresh login', 'unless { context has authAgeSeconds && context.authAgeSeconds <= 900 }'],
    ['a browser', 'unless { context.flow == "browser" }'],
  ])('in a forbid for everybody: %s', (_, rest) => {
    expect(forbid(rest, 'principal, action, resource == Target::"prod-db"')).toEqual([closed('mfa')])
  })

  test('for several targets and pipelines at once, without the targets that no pipeline may ask for', () => {
    expect(forbid('unless { context.amr.contains("mfa") }')).toEqual([
      closed('mfa', 'prod-db, auto', 'deploy, nightly'),
    ])
  })

  test.each<[what: string, rest: string, scope?: string]>([
    ['people alone', 'unless { context.amr.contains("mfa") }', 'principal is User, action, resource'],
    ['people alone, by its condition', 'when { principal is User } unless { context.amr.contains("mfa") }'],
    ['what decides itself later', 'unless { context.amr.contains("mfa") || context has ticket }'],
    ['no pipeline', 'unless { context.amr.contains("mfa") }', 'principal, action, resource == Target::"lonely"'],
    ['approvers', 'unless { context.amr.contains("mfa") }', 'principal, action == Action::"approve", resource'],
    ['everybody, whatever they do', ''],
    ['device codes', 'when { context.flow == "device" }'],
  ])('and not where it is about %s', (_, rest, scope) => {
    expect(forbid(rest, scope).filter((gap) => gap.includes('job'))).toEqual([])
  })

  test('in a permit for pipelines', () => {
    const text = `${asks}
@id("never") permit(principal is Workload, action == Action::"request", resource) when { context.amr.contains("mfa") };`
    expect(gapsOf(text)).toEqual([
      'p.cedar:4: policy "never" permits no job anything: a job has no second factor and no login time.',
    ])
  })

  test('in a tag that no token has', () => {
    const tagged = (tag: string) => `when { principal.hasTag("${tag}") && principal.getTag("${tag}") == "x" }`
    const permit = '@id("t") permit(principal in Pipeline::"deploy", action == Action::"request", resource)'
    expect(gapsOf(`${asks}\n${permit} ${tagged('ref')};`)).toEqual([])
    expect(gapsOf(`${asks}\n${permit} ${tagged('brnach')};`)).toEqual([
      'p.cedar:4: policy "t" asks for the tag "brnach", which no job of github has.',
    ])
  })
})
