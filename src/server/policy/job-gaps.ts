import type { ConfiguredTarget, Fault } from '../config/types.ts'
import { knowledgeOf } from './approvers.ts'
import { ABSENT, foresee, type Knowledge } from './foresight.ts'
import { namesWorkloads, type Rule } from './rule.ts'
import { askedTags } from './tags.ts'

/** A configured pipeline, as far as policies concern it. */
export type KnownPipeline = {
  readonly name: string
  readonly provider: string
  /** Whether a job of it can have a tag of this name. */
  readonly mayHaveTag: (name: string) => boolean
}

/** What policies ask of jobs that no job can ever give. */
export function jobGaps(
  rules: readonly Rule[],
  targets: readonly ConfiguredTarget[],
  pipelines: readonly KnownPipeline[],
): readonly Fault[] {
  const asking = rules.filter(
    (rule) => rule.effect === 'permit' && namesWorkloads(rule) && rule.actions.includes('request'),
  )
  return rules.flatMap((rule) => {
    const messages = [
      closedMessage(rule, asking, targets, pipelines),
      idleMessage(rule, targets),
      ...tagMessages(rule, pipelines),
    ]
    return messages.flatMap((message) =>
      message === undefined
        ? []
        : [{ file: rule.file, line: rule.statement.line, message: `policy "${rule.id}" ${message}` }],
    )
  })
}

const WHY = 'a job has no second factor and no login time'

/** Nobody was there to log in. */
const asJob = (knowledge: Knowledge): Knowledge =>
  new Map([
    ...knowledge,
    ['context.flow', 'workload'] as const,
    ['context.amr', []] as const,
    ['context.acr', ABSENT] as const,
    ['context.authAgeSeconds', ABSENT] as const,
  ])

/** A forbid for everybody that holds for jobs, whatever they do, and closes to pipelines what they are permitted. */
function closedMessage(
  rule: Rule,
  asking: readonly Rule[],
  targets: readonly ConfiguredTarget[],
  pipelines: readonly KnownPipeline[],
): string | undefined {
  if (rule.effect !== 'forbid' || rule.principal.kind !== 'anyone' || !rule.actions.includes('request'))
    return undefined
  const closed = targets
    .filter((target) => isAbout(rule, target) && holdsForJobsAlone(rule, target))
    .map((target) => ({ target, shutOut: pipelines.filter((each) => mayAsk(asking, each, target)) }))
    .filter(({ shutOut }) => shutOut.length > 0)
  if (closed.length === 0) return undefined
  const what = listed(closed.map(({ target }) => target.name))
  const whom = listed([...new Set(closed.flatMap(({ shutOut }) => shutOut.map(({ name }) => name)))])
  return `forbids ${what} to every job, also to pipelines that may ask for it (${whom}): ${WHY}. For people alone write: principal is User.`
}

const mayAsk = (asking: readonly Rule[], { name }: KnownPipeline, target: ConfiguredTarget): boolean =>
  asking.some((rule) => letsAsk(rule, name, target))

function holdsForJobsAlone({ json }: Rule, target: ConfiguredTarget): boolean {
  const knowledge = knowledgeOf(target)
  return foresee(json.conditions, asJob(knowledge)) === true && foresee(json.conditions, knowledge) !== true
}

const letsAsk = (rule: Rule, pipeline: string, target: ConfiguredTarget): boolean =>
  permitsPipeline(rule, pipeline) &&
  isAbout(rule, target) &&
  foresee(rule.json.conditions, asJob(knowledgeOf(target))) !== false

/** A policy for one job may be about any pipeline: nobody can tell beforehand. */
export function permitsPipeline({ effect, principal }: Rule, name: string): boolean {
  if (effect === 'forbid') return false
  return principal.kind === 'pipeline' ? principal.name === name : namesWorkloads({ principal })
}

/** A permit for jobs that asks what only people have. */
function idleMessage(rule: Rule, targets: readonly ConfiguredTarget[]): string | undefined {
  if (rule.effect !== 'permit' || !namesWorkloads(rule)) return undefined
  const about = targets.filter(
    (target) => isAbout(rule, target) && foresee(rule.json.conditions, knowledgeOf(target)) !== false,
  )
  const idle = about.every((target) => foresee(rule.json.conditions, asJob(knowledgeOf(target))) === false)
  return about.length > 0 && idle ? `permits no job anything: ${WHY}.` : undefined
}

function tagMessages({ principal, json }: Rule, pipelines: readonly KnownPipeline[]): readonly string[] {
  const asked = askedTags([json])
  if (asked === 'all' || principal.kind === 'workload') return []
  const concerned = pipelines.filter(({ name }) => principal.kind !== 'pipeline' || principal.name === name)
  const providers = listed([...new Set(concerned.map(({ provider }) => provider))])
  return [...asked]
    .filter((tag) => concerned.length > 0 && !concerned.some(({ mayHaveTag }) => mayHaveTag(tag)))
    .map((tag) => `asks for the tag "${tag}", which no job of ${providers} has.`)
}

const isAbout = ({ target }: Rule, { name }: ConfiguredTarget): boolean => target === undefined || target === name

const MOST_LISTED = 3

function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED
  return [...names.slice(0, MOST_LISTED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
