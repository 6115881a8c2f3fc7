import type { ConfiguredTarget, Fault } from '../config/types.ts'
import { foreseeApprovers, forbidsEverybody, knowledgeOf } from './approvers.ts'
import { createEngine, type Engine } from './engine.ts'
import { foresee } from './foresight.ts'
import { jobGaps, type KnownPipeline, permitsPipeline } from './job-gaps.ts'
import type { Rule } from './rule.ts'
import { ADMINISTER } from './schema.ts'

/** What policies and configuration miss of each other: no fault, but seldom meant. `configFile` is where targets and pipelines stand. */
export function findGaps(
  rules: readonly Rule[],
  targets: readonly ConfiguredTarget[],
  configFile: string,
  pipelines: readonly KnownPipeline[] = [],
): readonly Fault[] {
  const engine = createEngine(rules)
  const aboutTargets = targets.flatMap((target) => {
    const message = gapOf(engine, target)
    return message === undefined ? [] : [{ file: configFile, message }]
  })
  const aboutPipelines = pipelines
    .filter(({ name }) => !rules.some((rule) => permitsPipeline(rule, name)))
    .map(({ name }) => ({ file: configFile, message: `no policy lets pipeline ${name} ask for anything.` }))
  return [...aboutTargets, ...aboutPipelines, ...idleRules(rules, targets), ...jobGaps(rules, targets, pipelines)]
}

function gapOf(engine: Engine, target: ConfiguredTarget): string | undefined {
  if (!canHappen(engine, 'request', target)) return `no policy lets anybody request ${target.name}.`
  if (foreseeApprovers(engine, target).people !== 0 || canHappen(engine, 'autoApprove', target)) return undefined
  return `nobody may approve ${target.name}, so every request for it is refused.`
}

function canHappen(engine: Engine, action: 'request' | 'autoApprove', target: ConfiguredTarget): boolean {
  const knowledge = knowledgeOf(target)
  const rules = engine.slice(action, target.name)
  if (rules.some((rule) => forbidsEverybody(rule, knowledge))) return false
  return rules.some(({ effect, json }) => effect === 'permit' && foresee(json.conditions, knowledge) !== false)
}

function idleRules(rules: readonly Rule[], targets: readonly ConfiguredTarget[]): readonly Fault[] {
  const known = targets.map((target) => ({ name: target.name, knowledge: knowledgeOf(target) }))
  return rules
    .filter(({ actions }) => !actions.includes(ADMINISTER))
    .filter(({ target, json }) =>
      known.every(
        ({ name, knowledge }) =>
          (target !== undefined && target !== name) || foresee(json.conditions, knowledge) === false,
      ),
    )
    .map(({ id, file, statement }) => ({
      file,
      line: statement.line,
      message: `policy "${id}" matches no configured target.`,
    }))
}
