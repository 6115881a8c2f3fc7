import { quotedText } from '../../base/terminal-text.ts'
import type { EventRules, Pipeline, WorkloadIssuer } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import type { ClaimTexts } from './workload-claims.ts'

/** Names of the pipelines that a job belongs to; throws `Refusal` where there is none. */
export function matchPipelines(from: WorkloadIssuer, pipelines: readonly Pipeline[], texts: ClaimTexts) {
  const own = pipelines.filter(({ issuer }) => issuer === from.name)
  const event = eventOf(from.tokens.events, texts)
  const differences = own.map((pipeline) => ({ pipeline, why: difference(pipeline, texts, event) }))
  const matched = differences.filter(({ why }) => why === undefined).map(({ pipeline }) => pipeline.name)
  if (matched.length > 0) return matched
  throw new Refusal(
    'denied',
    `No pipeline of this endpoint is this job of ${from.name}${explained(differences, texts)}.`,
    'The pipelines and what they match stand in the configuration of the endpoint: workloads.pipelines.',
  )
}

/** What started the job. Signs of a pull request count more than what the provider calls the event. */
function eventOf(rules: EventRules | undefined, texts: ClaimTexts): string | undefined {
  if (rules === undefined) return undefined
  const { claim, usual, signs, unsaid } = rules
  const said = claim === undefined ? usual[0] : texts.get(claim)
  if (said === undefined || !usual.includes(said)) return said ?? 'unknown'
  const sign = signs.find((each) => each.pattern.test(texts.get(each.claim) ?? ''))
  if (sign !== undefined) return sign.event
  return unsaid !== undefined && (texts.get(unsaid.claim) ?? '') === '' ? unsaid.event : said
}

/** Why a job is none of this pipeline: half a sentence. */
function difference({ match, events }: Pipeline, texts: ClaimTexts, event: string | undefined): string | undefined {
  for (const [claim, wanted] of Object.entries(match)) {
    const said = texts.get(claim)
    if (said === undefined || !wanted.includes(said))
      return `its ${claim} is ${said === undefined ? 'missing' : `"${quotedText(said, 100)}"`}, not ${wanted.map((each) => `"${each}"`).join(' or ')}`
  }
  if (event === undefined || events.includes(event)) return undefined
  return `it was started by the event ${quotedText(event, 64)}, and only ${events.join(', ')} may be`
}

type Difference = { readonly pipeline: Pipeline; readonly why: string | undefined }

/**
 * Anybody in the world can have a token of a public provider made for us. Only those to whom the repository belongs are told
 * what else is wanted.
 */
function explained(differences: readonly Difference[], texts: ClaimTexts): string {
  const near = differences.filter(({ pipeline: { ids, match } }) =>
    ids.every((claim) => match[claim]?.includes(texts.get(claim) ?? '') === true),
  )
  return near.map(({ pipeline, why }) => `; for ${pipeline.name} ${why}`).join('')
}
