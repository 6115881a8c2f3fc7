import { readFileSync } from 'node:fs'
import { schemaToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../../src/base/duration.ts'
import type { LoginFlow } from '../../../../src/contract/request.ts'
import type { StopScope } from '../../../../src/contract/stop.ts'
import { ANNOTATIONS } from '../../../../src/server/policy/annotations.ts'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import { ATTRIBUTES, POLICY_SCHEMA } from '../../../../src/server/policy/schema.ts'
import type { Policy, Verdict } from '../../../../src/server/policy/types.ts'
import { caller, facts, ISSUER, target } from '../../../support/policy.ts'

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```cedar\n([\s\S]*?)```\n\n```verdicts\n([\s\S]*?)```/g)].map(
  ([, policy = '', verdicts = '']) => ({ policy, verdicts: verdicts.trim().split('\n') }),
)
const targets = [
  target('prod-db'),
  target('billing', { labels: ['env=prod', 'pci'] }),
  target('sandbox', { labels: ['env=dev'] }),
]

function targetNamed(name: string | undefined) {
  const found = targets.find((each) => each.name === name)
  if (found === undefined) throw new Error(`The page speaks of an unknown target ${name}.`)
  return found
}

const pipelines = [{ name: 'deploy-prod' }, { name: 'nightly' }]
const ADMINISTERS = /^(\w+) in (\S+) administers (user|target|grant|all)((?: (?:by|flow) \S+)*)$/
const ASKS = /^(\w+) (in|of) (\S+) (asks|approves) (\S+) (?:for )?(\S+)((?: (?:at|age|by|from|flow|ref) \S+)*)$/

function answer(policy: Policy, question: string): string {
  if (ADMINISTERS.test(question.trim())) return administers(policy, question.trim())
  const [, who = '', preposition, groups = '', verb, first = '', second = '', more = ''] =
    ASKS.exec(question.trim()) ?? []
  const option = (name: string): string | undefined => new RegExp(` ${name} (\\S+)`).exec(more)?.[1]
  const at = option('at')
  const nowMs = at === undefined ? facts(1).nowMs : Date.parse(at)
  const age = option('age')
  const ref = option('ref')
  const workload = { provider: 'github', pipelines: groups.split('+'), claims: ref === undefined ? {} : { ref } }
  const person = caller(who, preposition === 'in' ? groups.split('+') : [], {
    ...(preposition === 'in' ? {} : { workload, amr: [] }),
    ...(option('by') === undefined ? {} : { amr: [option('by') ?? ''] }),
    ...(option('from') === undefined ? {} : { address: option('from') ?? '' }),
    ...(age === undefined ? {} : { authTime: nowMs / 1000 - Number(age) }),
    flow: preposition === 'in' ? ((option('flow') ?? 'browser') as LoginFlow) : 'workload',
  })
  if (verb === 'asks')
    return describeVerdict(policy.judge(person, targetNamed(first), facts(parseDuration(second), { nowMs })))
  if (verb !== 'approves') throw new Error(`The page asks what the test does not understand: ${question}`)
  const requester = { issuer: ISSUER, subject: first }
  return policy.mayApprove(person, requester, targetNamed(second), facts(3600, { nowMs })).allowed ? 'yes' : 'no'
}

function administers(policy: Policy, question: string): string {
  const [, who = '', groups = '', scope = '', more = ''] = ADMINISTERS.exec(question) ?? []
  const option = (name: string): string | undefined => new RegExp(` ${name} (\\S+)`).exec(more)?.[1]
  const person = caller(who, groups.split('+'), {
    ...(option('by') === undefined ? {} : { amr: [option('by') ?? ''] }),
    flow: (option('flow') ?? 'browser') as LoginFlow,
  })
  const about = { scope: scope as StopScope, reason: 'incident', nowMs: facts(1).nowMs }
  return policy.mayAdminister(person, about).allowed ? 'yes' : 'no'
}

function describeVerdict({ approval, maxDurationSeconds, deliver }: Verdict): string {
  const tail = `, longest ${formatDuration(maxDurationSeconds)}${deliver === undefined ? '' : `, deliver ${deliver}`}`
  if (approval.kind === 'refused') return `refused: ${approval.why}`
  if (approval.kind === 'automatic') return `automatic${tail}`
  return `people: ${approval.approvers.join(', ')}, quorum ${approval.quorum}${tail}`
}

describe('docs/policy.md', () => {
  test('has an answer for each of its policies', () => {
    expect(examples).toHaveLength(page.match(/```cedar/g)?.length ?? 0)
    expect(examples.length).toBeGreaterThan(3)
  })

  test.each(examples.flatMap(({ policy, verdicts }) => verdicts.map((line) => [line, policy] as const)))(
    '%s',
    (line, text) => {
      const [question = '', expected = ''] = line.split('->')
      const policy = loadPolicy({ files: [{ path: 'policy.md', text }], targets, pipelines })
      expect(answer(policy, question)).toBe(expected.trim())
    },
  )

  test.each(Object.keys(ANNOTATIONS))('explains the annotation @%s', (name) => {
    expect(page).toContain(`| \`@${name}("`)
  })

  test('explains what the kill switch is told, and no more', () => {
    const schema = schemaToJson(POLICY_SCHEMA)
    if (schema.type === 'failure') throw new Error('the schema does not parse')
    const context = schema.json['']?.actions['administer']?.appliesTo?.context
    const attributes = context !== undefined && 'attributes' in context ? Object.keys(context.attributes) : []
    const section = page.slice(page.indexOf('## The kill switch'), page.indexOf('## When the policy changes'))
    const paragraph = section.slice(section.indexOf('`context` has'))
    const explained = [...paragraph.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
    expect(explained.filter((name) => name !== 'context').toSorted()).toEqual(attributes.toSorted())
  })

  test('explains every attribute and no other', () => {
    const schema = schemaToJson(POLICY_SCHEMA)
    if (schema.type === 'failure') throw new Error('the schema does not parse')
    const context = schema.json['']?.actions['approve']?.appliesTo?.context
    const attributes = context !== undefined && 'attributes' in context ? Object.keys(context.attributes) : []
    const explained = [...page.matchAll(/^\| `context\.(\w+)` \|/gm)].map(([, name = '']) => name)
    expect(explained.toSorted()).toEqual(attributes.toSorted())
    for (const name of ATTRIBUTES) expect(page).toMatch(new RegExp(`\\.${name}\\b|\`${name}\``))
  })
})
