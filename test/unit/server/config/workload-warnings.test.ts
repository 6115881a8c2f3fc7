import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readClaimTexts } from '../../../../src/server/auth/workload-claims.ts'
import { PRESET_CLAIMS, saysClaim } from '../../../../src/server/config/preset-claims.ts'
import { renderFault } from '../../../../src/server/config/types.ts'
import { PRESET_NAMES, presetOf } from '../../../../src/server/config/workload-presets.ts'
import { CLAIMS } from '../../../support/ci-platforms.ts'
import { ALL_WORKLOADS, PROVIDERS } from '../../../support/workload-tokens.ts'
import { loadWorkloads } from '../../../support/workload-world.ts'

const warningsOf = async (preset: string, pipeline: string): Promise<readonly string[]> => {
  const { warnings } = await loadWorkloads(`workloads:
  issuers: [${preset}]
  pipelines:
    - { name: deploy, issuer: ci, ${pipeline} }
`)
  return warnings.map(renderFault).filter((text) => text.includes('workloads.'))
}
const github = (pipeline: string) => warningsOf('{ preset: github, name: ci }', pipeline)

describe('what is known of a preset', () => {
  test.each(PRESET_NAMES.filter((preset) => PRESET_CLAIMS[preset] !== undefined))(
    'holds all that a real token of %s says, and all that the endpoint looks for in one',
    (preset) => {
      for (const payload of [PROVIDERS[preset].claims('aud', 1_000), CLAIMS[preset]])
        for (const claim of readClaimTexts({ ...payload }).keys())
          expect([claim, saysClaim(preset, claim)]).toEqual([claim, 'yes'])
      const { required, ids, narrowing = [], origin, events, usually = {} } = presetOf(preset)
      const wanted = [
        ...required,
        ...narrowing,
        ...(origin?.claims ?? []),
        ...Object.keys(usually),
        ...ids.flatMap((set) => Object.keys(set)),
        ...(events?.signs ?? []).map(({ claim }) => claim),
      ]
      for (const claim of wanted) expect([claim, saysClaim(preset, claim)]).toEqual([claim, 'yes'])
      const ours = [...(events?.usual ?? []), ...(events?.signs ?? []).map(({ event }) => event)]
      expect(PRESET_CLAIMS[preset]?.events ?? ours).toEqual(expect.arrayContaining(ours))
    },
  )
})

describe('a pipeline that no job will match', () => {
  test.each<[what: string, pipeline: string, expected: string]>([
    [
      'by a claim that tokens do not have',
      'match: { repository_id: "1", environmnt: production, ref: refs/heads/main }',
      '/etc/jit/c.yaml:9: workloads.pipelines[0].match.environmnt: tokens of github have no such claim, so no job will match; did you mean environment.',
    ],
    [
      'by a claim of another provider',
      'match: { repository_id: "1", ref: refs/heads/main, project_path: a/b }',
      'tokens of github have no such claim, so no job will match.',
    ],
    [
      'by a time, which is a number',
      'match: { repository_id: "1", ref: refs/heads/main, iat: "1" }',
      'say it as a number or a list, and only texts are compared',
    ],
    [
      'by a branch without its first part',
      'match: { repository_id: "1", ref: [refs/heads/main, main] }',
      'match.ref: tokens of github write the whole name such as refs/heads/main, so no job will match "main".',
    ],
    [
      'by an event that is misspelt',
      'match: { repository_id: "1", ref: refs/heads/main }, events: [push, pull_requst]',
      'workloads.pipelines[0].events: tokens of github name no event pull_requst, so no job will match it; did you mean pull_request.',
    ],
    [
      'by an event that is the caller’s in a token',
      'match: { repository_id: "1", ref: refs/heads/main }, events: [workflow_call]',
      'tokens of github name no event workflow_call',
    ],
  ])('%s is warned about', async (_, pipeline, expected) => {
    expect(await github(pipeline)).toEqual([expect.stringContaining(expected)])
  })

  test('is told for other presets in their own words', async () => {
    expect(
      await warningsOf('{ preset: gitlab, name: ci }', 'match: { project_id: "1", ref: refs/heads/main }'),
    ).toEqual([expect.stringContaining('tokens of gitlab write the bare name such as main')])
    const buildkite =
      'match: { organization_id: 0184990a-477b-4fa8-9968-496074483cee, build_branch: main, build_number: "7" }'
    expect(await warningsOf('{ preset: buildkite, name: ci }', buildkite)).toEqual([
      expect.stringContaining('build_number: tokens of buildkite say it as a number'),
    ])
  })

  test('is nobody’s to foretell where the issuer is pinned', async () => {
    const pinned = '{ preset: pinned, name: ci, issuer: "https://ci.corp.example" }'
    expect(await warningsOf(pinned, 'match: { sub: x, anything: y, ref: main }')).toEqual([])
  })

  test('is none of the examples', async () => {
    const keys = { '/etc/jit/cluster-keys.json': '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}' }
    const page = readFileSync(new URL('../../../../docs/ci-administrator.md', import.meta.url), 'utf8')
    const texts = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)
    for (const text of [...texts, ALL_WORKLOADS]) {
      const { warnings } = await loadWorkloads(text, {
        ...keys,
        '/etc/jit/cluster.json': keys['/etc/jit/cluster-keys.json'],
      })
      expect(warnings.map(renderFault).filter((line) => line.includes('no job will match'))).toEqual([])
    }
  })
})
