import { nearest } from '../../base/nearest.ts'
import { type Issue, issueAt } from './issues.ts'
import { PRESET_CLAIMS, saysClaim } from './preset-claims.ts'
import type { Pipeline, Workloads } from './types.ts'
import { type PresetName, presetNamed, presetOf } from './workload-presets.ts'

/** What pipelines may say, but what no job will match, as far as the provider's documentation tells; and which of them any branch can use. */
export function workloadWarnings({ issuers, pipelines }: Workloads): readonly Issue[] {
  return pipelines.flatMap((pipeline, index) => {
    const preset = presetNamed(issuers.find(({ name }) => name === pipeline.issuer)?.provider)
    if (preset === undefined) return []
    const path = ['workloads', 'pipelines', index]
    return [
      ...branchWarnings([...path, 'match'], pipeline, preset),
      ...Object.entries(pipeline.match).flatMap(([claim, texts]) => {
        const message = claimMessage(claim, texts, preset)
        return message === undefined ? [] : [issueAt([...path, 'match', claim], message)]
      }),
      ...eventWarnings([...path, 'events'], pipeline, preset),
    ]
  })
}

function branchWarnings(path: readonly PropertyKey[], { match }: Pipeline, preset: PresetName): readonly Issue[] {
  const { narrowing } = presetOf(preset)
  if (narrowing === undefined || narrowing.some((claim) => Object.hasOwn(match, claim))) return []
  return [issueAt(path, `any branch can use it; to narrow it, add ${narrowing.join(', ')}.`)]
}

function claimMessage(claim: string, texts: readonly string[], preset: PresetName): string | undefined {
  const says = saysClaim(preset, claim)
  if (says === 'no')
    return `tokens of ${preset} have no such claim, so no job will match${didYouMean(claim, PRESET_CLAIMS[preset]?.texts ?? [])}.`
  if (says === 'other')
    return `tokens of ${preset} say it as a number or a list, and only texts are compared, so no job will match.`
  const shape = PRESET_CLAIMS[preset]?.shapes[claim]
  const wrong = shape && texts.find((text) => !shape.pattern.test(text))
  return wrong && `tokens of ${preset} write ${shape.expected}, so no job will match "${wrong}".`
}

function didYouMean(typed: string, known: readonly string[]): string {
  const meant = nearest(typed, known)
  return meant === undefined ? '' : `; did you mean ${meant}`
}

function eventWarnings(path: readonly PropertyKey[], { events }: Pipeline, preset: PresetName): readonly Issue[] {
  const known = PRESET_CLAIMS[preset]?.events
  if (known === undefined) return []
  return events
    .filter((event) => !known.includes(event))
    .map((event) =>
      issueAt(path, `tokens of ${preset} name no event ${event}, so no job will match it${didYouMean(event, known)}.`),
    )
}
