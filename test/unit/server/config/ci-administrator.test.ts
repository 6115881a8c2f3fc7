import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readRules } from '../../../../src/server/policy/read-rules.ts'
import { PRESET_NAMES, presetOf } from '../../../../src/server/config/workload-presets.ts'
import { loadWorkloads } from '../../../support/workload-world.ts'

const page = readFileSync(new URL('../../../../docs/ci-administrator.md', import.meta.url), 'utf8')
const files = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const clusterKeys = { '/etc/jit/cluster-keys.json': '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}' }

describe('docs/ci-administrator.md', () => {
  test.each(files.map((text, index) => [index + 1, text] as const))('example %d is a valid file', async (_, text) => {
    const { config } = await loadWorkloads(text, clusterKeys)
    const { issuers = [], pipelines = [] } = config.workloads ?? {}
    expect(pipelines.length).toBeGreaterThan(0)
    expect(new Set(pipelines.map(({ issuer }) => issuer))).toEqual(new Set(issuers.map(({ name }) => name)))
  })

  test('has one for every preset', async () => {
    const loaded = await Promise.all(files.map((text) => loadWorkloads(text, clusterKeys)))
    const shown = loaded.flatMap(({ config }) => config.workloads?.issuers ?? []).map(({ provider }) => provider)
    expect(new Set(shown)).toEqual(new Set(PRESET_NAMES))
  })

  test('has policies that load', () => {
    const policies = [...page.matchAll(/```cedar\n([\s\S]*?)```/g)].map(([, text = '']) => text)
    expect(policies).not.toEqual([])
    for (const text of policies)
      expect(readRules([{ path: 'page', text }], [{ name: 'prod-db' }], [{ name: 'deploy-prod' }])).not.toEqual([])
  })

  test.each(['github', 'gitlab'] as const)('tells the events that %s is taken with', (preset) => {
    const usual = presetOf(preset)
      .events?.usual.map((event) => `\`${event}\``)
      .join(', ')
    expect(page).toContain(`| events taken | ${usual}`)
  })
})
