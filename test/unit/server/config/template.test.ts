import { expect, test } from 'vitest'
import { configTemplate, policyTemplate } from '../../../../src/server/config/template.ts'
import { ConfigurationError } from '../../../../src/server/config/types.ts'
import { checkConfiguration, loadConfiguration } from '../../../../src/server/configuration.ts'
import { caller, facts } from '../../../support/policy.ts'

const urls = { endpoint: 'https://jit.corp.example', issuer: 'https://idp.corp.example' }
const filled = configTemplate(urls)
  .replace('browser: ""', 'browser: jit-browser')
  .replace('role: ""', 'role: arn:aws:iam::123456789012:role/jit-prod-db')
  .replace('role: ""', 'role: arn:aws:iam::210987654321:role/jit-sandbox')

const source = (config: string) => ({
  path: '/etc/jit/jit-endpoint.yaml',
  readText: (path: string) => (path === '/etc/jit/policy.cedar' ? policyTemplate() : config),
  env: {},
})

test('what init writes names its blanks, and only them', async () => {
  const failure = await loadConfiguration(source(configTemplate(urls))).catch((error: unknown) => error)
  if (!(failure instanceof ConfigurationError)) throw new Error('the blanks were accepted')
  expect(failure.faults.map(({ message }) => message.split(':')[0])).toEqual([
    'idp.clients.browser',
    'targets[0].aws.role',
    'targets[1].aws.role',
  ])
  const lines = configTemplate(urls).split('\n')
  for (const { line } of failure.faults) expect(lines[(line ?? 0) - 1]).toContain('fill in')
})

test('what init writes is valid and without gaps once the blanks are filled', async () => {
  expect(await checkConfiguration(source(filled))).toEqual([])
})

test('the other clouds that init shows are right as they stand', async () => {
  const shown = filled.replace(/^ {4}# (?=(gcp|azure|kubernetes):|  )/gm, '    ')
  const { config } = await loadConfiguration(source(shown))
  expect(config.targets[0]).toMatchObject({ aws: {}, gcp: {}, azure: {}, kubernetes: {} })
})

test('the channel rule that init shows is read, and any other is named with its line', async () => {
  const strict = filled.replace('# channel: strict', 'channel: strict')
  const { config } = await loadConfiguration(source(strict))
  expect(config.targets.map(({ channel }) => channel)).toEqual(['strict', undefined])
  const [fault] = await checkConfiguration(source(strict.replace('channel: strict', 'channel: loose')))
  const line = strict.split('\n').findIndex((each) => each.includes('channel: strict')) + 1
  expect(fault).toEqual({
    level: 'error',
    file: '/etc/jit/jit-endpoint.yaml',
    line,
    message: 'targets[0].channel: expected strict, or no such line, not "loose".',
  })
})

test('the policies that init writes do what their comments say', async () => {
  const { config, policy } = await loadConfiguration(source(filled))
  const [prod, sandbox] = config.targets
  if (prod === undefined || sandbox === undefined) throw new Error('the template has two targets')
  const asked = facts(3600, { reason: 'slow query since noon' })
  expect(policy.judge(caller('ana', ['dba']), prod, asked)).toMatchObject({
    approval: { kind: 'people', approvers: ['sre'], quorum: 1 },
    maxDurationSeconds: 7200,
  })
  expect(policy.judge(caller('ana', ['dba'], { amr: ['pwd'] }), prod, asked).policies).toEqual(['prod-needs-mfa'])
  expect(policy.judge(caller('ana', ['dba']), prod, facts(3600, { reason: 'because' })).policies).toEqual([
    'prod-needs-mfa',
  ])
  expect(policy.judge(caller('ana', ['dba'], { flow: 'device' }), prod, asked).policies).toEqual([
    'no-device-flow-in-prod',
  ])
  expect(policy.judge(caller('eve', ['engineers']), sandbox, facts(3600)).approval.kind).toBe('automatic')
  expect(policy.judge(caller('eve', ['engineers']), sandbox, facts(3601)).approval.kind).toBe('refused')
  expect(policy.judge(caller('eve', ['engineers']), prod, asked).approval.kind).toBe('refused')
  const stop = { scope: 'all' as const, reason: 'incident', nowMs: asked.nowMs }
  expect(policy.mayAdminister(caller('kim', ['security']), stop).allowed).toBe(true)
  expect(policy.mayAdminister(caller('kim', ['security'], { amr: ['pwd'] }), stop).allowed).toBe(false)
  expect(policy.mayAdminister(caller('sam', ['sre', 'dba', 'engineers']), stop).allowed).toBe(false)
})

test('other URLs than plain ones cannot break out of their place in the file', () => {
  const text = configTemplate({ endpoint: 'https://x.example"\nlisten: { port: 1 }', issuer: 'https://y.example' })
  expect(text).toContain('endpoint: "https://x.example\\"\\nlisten: { port: 1 }"')
})
