import { describe, expect, test } from 'vitest'
import type { Caller, Workload } from '../../../../src/server/approvals/types.ts'
import { ConfigurationError } from '../../../../src/server/config/types.ts'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import { caller, facts, ISSUER, target } from '../../../support/policy.ts'

const pipelines = [{ name: 'deploy' }, { name: 'nightly' }]
const policyOf = (text: string) =>
  loadPolicy({ files: [{ path: 'a.cedar', text }], targets: [target('prod-db'), target('sandbox')], pipelines })

function job(over: Partial<Workload> = {}, more: Partial<Caller> = {}): Caller {
  const workload = { provider: 'github', pipelines: ['deploy'], claims: { ref: 'refs/heads/main' }, ...over }
  const person = {
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'repo:o/a:ref:x',
    name: 'github: o/a@x',
  }
  return caller('job', [], { person, flow: 'workload', amr: [], workload, ...more })
}
const kind = (text: string, who: Caller): string =>
  policyOf(text).judge(who, target('prod-db'), facts(60)).approval.kind

const BOTH = 'action in [Action::"request", Action::"autoApprove"]'
const FOR_EVERYBODY = `@id("all") permit(principal, action, resource);`
const FOR_DEPLOY = `@id("deploy") permit(principal in Pipeline::"deploy", ${BOTH}, resource);`

describe('a permit', () => {
  test.each<[what: string, policy: string, who: Caller, expected: string]>([
    ['for a pipeline reaches its jobs', FOR_DEPLOY, job(), 'automatic'],
    ['for a pipeline does not reach others', FOR_DEPLOY, job({ pipelines: ['nightly'] }), 'refused'],
    ['for a pipeline does not reach people', FOR_DEPLOY, caller('ana', ['deploy']), 'refused'],
    [
      'for one of several pipelines of a job reaches it',
      FOR_DEPLOY,
      job({ pipelines: ['nightly', 'deploy'] }),
      'automatic',
    ],
    ['for everybody reaches people', FOR_EVERYBODY, caller('ana'), 'automatic'],
    ['for everybody does not reach jobs', FOR_EVERYBODY, job(), 'refused'],
    [
      'for everybody with an attribute that jobs have too does not reach them',
      `@id("a") permit(principal, ${BOTH}, resource) when { principal.name like "*" };`,
      job(),
      'refused',
    ],
    [
      'for everybody in a flow does not reach jobs',
      `@id("a") permit(principal, ${BOTH}, resource) when { context.flow == "workload" };`,
      job(),
      'refused',
    ],
    [
      'for whatever workload reaches jobs',
      `@id("a") permit(principal is Workload, ${BOTH}, resource);`,
      job({ pipelines: ['nightly'] }),
      'automatic',
    ],
    [
      'for whatever workload does not reach people',
      `@id("a") permit(principal is Workload, ${BOTH}, resource);`,
      caller('ana'),
      'refused',
    ],
    ['for people does not reach jobs', `@id("a") permit(principal is User, ${BOTH}, resource);`, job(), 'refused'],
    [
      'for a group does not reach a job that says it is in it',
      `@id("a") permit(principal in Group::"dba", ${BOTH}, resource);`,
      job({}, { groups: ['dba'] }),
      'refused',
    ],
    [
      'for one job reaches it',
      `@id("a") permit(principal == Workload::"https://token.actions.githubusercontent.com#repo:o/a:ref:x", ${BOTH}, resource);`,
      job(),
      'automatic',
    ],
    [
      'for a person does not reach a job of the same name',
      `@id("a") permit(principal == User::"https://token.actions.githubusercontent.com#repo:o/a:ref:x", ${BOTH}, resource);`,
      job(),
      'refused',
    ],
    [
      'by claim reaches the job that has it',
      `@id("a") permit(principal is Workload in Pipeline::"deploy", ${BOTH}, resource) when { principal.hasTag("ref") && principal.getTag("ref") == "refs/heads/main" && principal.provider == "github" };`,
      job(),
      'automatic',
    ],
    [
      'by a claim whose name is worked out reaches the job that has it',
      `@id("a") permit(principal in Pipeline::"deploy", ${BOTH}, resource) when { principal.hasTag(context.flow) };`,
      job({ claims: { workload: 'x' } }),
      'automatic',
    ],
    [
      'by claim does not reach a job with another',
      `@id("a") permit(principal in Pipeline::"deploy", ${BOTH}, resource) when { principal.hasTag("ref") && principal.getTag("ref") == "refs/heads/main" };`,
      job({ claims: { ref: 'refs/heads/dev' } }),
      'refused',
    ],
    [
      'by claim does not reach a job without it',
      `@id("a") permit(principal in Pipeline::"deploy", ${BOTH}, resource) when { principal.hasTag("ref") };`,
      job({ claims: {} }),
      'refused',
    ],
  ])('%s', (_what, policy, who, expected) => expect(kind(policy, who)).toBe(expected))

  test('for everybody does not even tell a job that the target exists', () => {
    expect(policyOf(FOR_EVERYBODY).judge(job(), target('prod-db'), facts(60)).hidden).toBe(true)
  })
})

describe('a forbid', () => {
  const forbid = (scope: string, more = ''): string => `${FOR_DEPLOY} ${FOR_EVERYBODY.replace('all', 'b')}
@id("no") forbid(${scope}, action == Action::"request", resource) ${more};`
  test.each<[what: string, policy: string, who: Caller, expected: string]>([
    ['for everybody forbids jobs', forbid('principal'), job(), 'refused'],
    [
      'that asks for a second factor forbids jobs',
      forbid('principal', 'unless { context.amr.contains("mfa") }'),
      job(),
      'refused',
    ],
    [
      'that asks people for a second factor does not forbid jobs',
      forbid('principal is User', 'unless { context.amr.contains("mfa") }'),
      job(),
      'automatic',
    ],
    [
      'that asks people for a second factor forbids people',
      forbid('principal is User', 'unless { context.amr.contains("mfa") }'),
      caller('ana', [], { amr: [] }),
      'refused',
    ],
    [
      'for all but a group forbids jobs',
      forbid('principal', 'unless { principal in Group::"staff" }'),
      job({}, { groups: ['staff'] }),
      'refused',
    ],
    ['for one pipeline does not forbid people', forbid('principal in Pipeline::"deploy"'), caller('ana'), 'automatic'],
    ['for one pipeline forbids its jobs', forbid('principal in Pipeline::"deploy"'), job(), 'refused'],
    ['for another pipeline does not forbid a job', forbid('principal in Pipeline::"nightly"'), job(), 'automatic'],
  ])('%s', (_what, policy, who, expected) => expect(kind(policy, who)).toBe(expected))

  test('for people is no gap of a target that pipelines may ask for', () => {
    expect(kind(forbid('principal is User'), job())).toBe('automatic')
  })
})

describe('approving', () => {
  const requester = { issuer: ISSUER, subject: 'ana' }
  const may = (text: string, who: Caller) =>
    policyOf(text).mayApprove(who, requester, target('prod-db'), facts(60)).allowed

  test.each<[string, Caller]>([
    ['a job', job()],
    ['a job in a group', job({}, { groups: ['sre'] })],
    ['whoever came as a workload', caller('bot', ['sre'], { flow: 'workload' })],
  ])('%s never may', (_what, who) => {
    expect(
      may(`${FOR_EVERYBODY} @id("sre") permit(principal in Group::"sre", action == Action::"approve", resource);`, who),
    ).toBe(false)
    expect(may('@id("a") permit(principal is Workload, action, resource);', who)).toBe(false)
  })

  test('a person may, of what a job asked for', () => {
    const { issuer, subject } = job().person
    const policy = policyOf(FOR_EVERYBODY)
    expect(policy.mayApprove(caller('ana'), { issuer, subject }, target('prod-db'), facts(60)).allowed).toBe(true)
  })

  test('is not foreseen from pipelines: what only they could approve is refused at once', () => {
    const policy = policyOf(`
@id("a") permit(principal in Pipeline::"deploy", action == Action::"request", resource);
@id("b") @maxDuration("1m") permit(principal is Workload, action, resource);`)
    expect(policy.judge(job(), target('prod-db'), facts(60)).approval.kind).toBe('automatic')
    expect(policy.judge(job(), target('prod-db'), facts(61)).approval.kind).toBe('refused')
  })
})

describe('a mistake about pipelines', () => {
  const ASK = 'action == Action::"request", resource'
  test.each<[what: string, text: string, expected: string]>([
    [
      'unknown pipeline',
      `@id("x") permit(principal in Pipeline::"depoly", ${ASK});`,
      'a.cedar:1: policy "x": no pipeline is called "depoly"; did you mean "deploy".',
    ],
    [
      'unknown pipeline in a forbid',
      `\n@id("x") forbid(principal, ${ASK}) unless { principal in Pipeline::"other" };`,
      'a.cedar:2: policy "x": no pipeline is called "other".',
    ],
    [
      'job by another name',
      `@id("x") permit(principal == Workload::"octo/app", ${ASK});`,
      'a.cedar:1: policy "x": Workload::"octo/app" names no job: expected "<issuer>#<subject>".',
    ],
    [
      'permit that means pipelines in its condition only',
      `@id("x") permit(principal, ${ASK}) when { principal in Pipeline::"deploy" };`,
      'a.cedar:1: policy "x": a permit for pipelines says so in its first line: principal in Pipeline::"…" or principal is Workload.',
    ],
    [
      'permit that asks whether it is a workload',
      `@id("x") permit(principal, ${ASK}) when { principal is Workload };`,
      'a.cedar:1: policy "x": a permit for pipelines says so in its first line',
    ],
    [
      'pipeline that approves',
      '@id("x") permit(principal in Pipeline::"deploy", action == Action::"approve", resource);',
      'a.cedar:1: policy "x": a pipeline can only ask; "approve" is for people.',
    ],
    [
      'pipeline that approves among other things',
      '@id("x") permit(principal is Workload, action in [Action::"request", Action::"approve"], resource);',
      'a.cedar:1: policy "x": a pipeline can only ask; "approve" is for people.',
    ],
    [
      'permit that asks for a tag',
      `@id("x") permit(principal, ${ASK}) when { principal.hasTag("ref") };`,
      'a.cedar:1: policy "x": a permit for pipelines says so in its first line',
    ],
    [
      'tag without asking for it',
      `@id("x") permit(principal in Pipeline::"deploy", ${ASK}) when { principal.getTag("ref") == "x" };`,
      'a.cedar:1: policy "x": unable to guarantee safety of access to tag',
    ],
  ])('%s is named by file, line and policy', (_what, text, expected) => {
    const failure = ((): unknown => {
      try {
        return policyOf(text)
      } catch (error) {
        return error
      }
    })()
    if (!(failure instanceof ConfigurationError)) throw new Error('the policy was accepted')
    expect(failure.message.split('\n')).toContainEqual(expect.stringContaining(expected))
  })
})
